#include "abr/shape.hpp"

namespace stretto::abr {

int joining_piece(const Shape& shape, int rendition, int chunk, double audio_s) {
    const auto& pieces = shape.renditions[static_cast<std::size_t>(rendition)]
                             .chunks[static_cast<std::size_t>(chunk)]
                             .pieces;
    int found = -1;
    while (found + 1 < static_cast<int>(pieces.size()) &&
           pieces[static_cast<std::size_t>(found + 1)].at <= audio_s + 1e-9)
        ++found;
    return found;
}

double bytes_per_second(const Shape& shape, int rendition) {
    double bytes = 0, seconds = 0;
    for (const auto& chunk : shape.renditions[static_cast<std::size_t>(rendition)].chunks)
        bytes += chunk.bytes;
    for (const double s : shape.chunk_s) seconds += s;
    return seconds > 0 ? bytes / seconds : 0;
}

int rendition_of(const State& state, double kbps) {
    int found = state.lowest;
    while (found < state.highest &&
           state.shape->renditions[static_cast<std::size_t>(found + 1)].kbps <= kbps)
        ++found;
    return found;
}

}  // namespace stretto::abr
