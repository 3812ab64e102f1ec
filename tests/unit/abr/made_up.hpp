#pragma once
// Songs and states for tests of policies.
#include "abr/policy.hpp"

namespace stretto::abr {

/// `chunks` of 10 s at 96, 160 and 320 kbit/s exactly, pieces of a second, 4000 bytes of headers.
inline Shape made_up_song(int chunks) {
    Shape shape;
    for (int kbps : {96, 160, 320}) {
        Shape::Rendition r{kbps, 4000, {}};
        for (int k = 0; k < chunks; ++k) {
            Shape::Chunk chunk{static_cast<std::uint32_t>(kbps * 1250), {}};
            for (int i = 0; i < 10; ++i)
                chunk.pieces.push_back({static_cast<std::uint32_t>(kbps * 125 * i), 1.0 * i});
            r.chunks.push_back(chunk);
        }
        shape.renditions.push_back(r);
    }
    shape.chunk_s.assign(static_cast<std::size_t>(chunks), 10);
    return shape;
}

/// In the middle of a song that plays.
inline State playing(const Shape& shape, double now, double buffer, int chunk, int last) {
    State s;
    s.shape = &shape;
    s.now = now;
    s.buffer = buffer;
    s.playing = s.started = true;
    s.chunk = chunk;
    s.last = last;
    s.highest = 2;
    return s;
}

/// Tell the policy of a request: `latency` s, then `seconds` at `kbps`, told every half second.
inline void carry(Policy& policy, double from, double seconds, double kbps, double latency = 0.05) {
    policy.latency(latency);
    for (double t = 0; t < seconds; t += 0.5) {
        const double run = t + 0.5 < seconds ? 0.5 : seconds - t;
        policy.sample({from + t, from + t + run, static_cast<std::uint32_t>(kbps * 125 * run)});
    }
}

}  // namespace stretto::abr
