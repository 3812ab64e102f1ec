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

double bytes_of(const State& state, int rendition) {
    const auto r = static_cast<std::size_t>(rendition);
    const auto& chunk = state.shape->renditions[r].chunks[static_cast<std::size_t>(state.chunk)];
    return chunk.bytes - (state.spared ? (*state.spared)[r] : 0);
}

double headers_of(const State& state, int rendition) {
    const auto r = static_cast<std::size_t>(rendition);
    if (state.headers && (*state.headers)[r]) return 0;
    return state.shape->renditions[r].header_bytes;
}

int rendition_of(const State& state, double kbps) {
    int found = state.lowest;
    while (found < state.highest &&
           state.shape->renditions[static_cast<std::size_t>(found + 1)].kbps <= kbps)
        ++found;
    return found;
}

}  // namespace stretto::abr
