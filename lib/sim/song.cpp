#include "sim/song.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stretto::sim {
namespace {

constexpr double chunk_s = 10;
constexpr std::uint32_t header_bytes = 4500;

/// Whole chunks, a short tail in the last, as stretto-chunk cuts.
std::vector<double> cut(double seconds) {
    const auto chunks = std::max(1, static_cast<int>(seconds / chunk_s + 0.5));
    std::vector<double> all(static_cast<std::size_t>(chunks), chunk_s);
    all.back() = seconds - chunk_s * (chunks - 1);
    return all;
}

/// @param weights  of each second of the chunk, for its share of the bytes after the headers
abr::Shape::Chunk chunk_of(std::uint32_t bytes, std::uint32_t headers, double length,
                           std::span<const double> weights) {
    abr::Shape::Chunk chunk{bytes, {}};
    const double body = static_cast<double>(bytes) - headers;
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double before = 0;
    // what is left of a second at the end goes with the piece before it
    const int pieces = std::max(1, static_cast<int>(length));
    for (int i = 0; i < pieces; ++i) {
        const auto offset = i ? headers + static_cast<std::uint32_t>(body * before / sum) : 0;
        chunk.pieces.push_back({offset, static_cast<double>(i)});
        before += weights[static_cast<std::size_t>(i)];
    }
    return chunk;
}

}  // namespace

double Chance::normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += real();
    return sum;
}

abr::Shape made_song(double seconds, std::uint64_t seed, std::span<const int> ladder) {
    Chance chance{seed};
    abr::Shape shape;
    shape.chunk_s = cut(seconds);
    for (const int kbps : ladder) shape.renditions.push_back({kbps, header_bytes, {}});
    const double song = std::exp(0.06 * chance.normal());
    double mood = 0;  // loud and dense passages last for some seconds
    for (const double length : shape.chunk_s) {
        std::vector<double> weights;
        for (int i = 0; i < static_cast<int>(std::ceil(length)); ++i) {
            mood = 0.8 * mood + 0.06 * chance.normal();
            weights.push_back(std::exp(mood) * std::min(1.0, length - i));
        }
        const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
        for (auto& r : shape.renditions) {
            const double body = r.kbps * 125.0 * song * sum;
            r.chunks.push_back(chunk_of(static_cast<std::uint32_t>(body) + header_bytes,
                                        header_bytes, length, weights));
        }
    }
    return shape;
}

abr::Shape song_of(const song::Manifest& manifest) {
    abr::Shape shape;
    for (const auto& r : manifest.renditions) {
        const auto headers = static_cast<std::uint32_t>(r.header_bytes);
        abr::Shape::Rendition rendition{r.kbps, headers, {}};
        shape.chunk_s.clear();
        for (const auto& row : r.chunks) {
            const double length = static_cast<double>(row.samples) / manifest.rate;
            const std::vector<double> even(static_cast<std::size_t>(std::ceil(length)) + 1, 1.0);
            shape.chunk_s.push_back(length);
            rendition.chunks.push_back(
                chunk_of(static_cast<std::uint32_t>(row.bytes),
                         std::min(headers, static_cast<std::uint32_t>(row.bytes)), length, even));
        }
        shape.renditions.push_back(std::move(rendition));
    }
    return shape;
}

}  // namespace stretto::sim
