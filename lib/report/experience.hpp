#pragma once
// Quality of experience and sources of bytes: sums over sessions, in the terms of CTA-2066.
#include <map>

#include "report/session.hpp"
#include "report/sketch.hpp"
#include "report/visits.hpp"

namespace stretto::report {

/// Sums of sessions, which can be added in any order.
struct Experience {
    std::int64_t sessions = 0, started = 0, left_before_start = 0, failed_to_start = 0, failed = 0,
                 with_stall = 0, stalls = 0, stalled_ms = 0, heard_ms = 0, switches = 0;
    std::map<std::int64_t, std::int64_t> kept_ms;  ///< per kbit/s
    Sketch startup;                                ///< startup of songs that a person started

    void add(const Visit& visit);
    void add_kept(const Session& session);
    void add(const Experience& other);

    /// As a share of the sessions with sound.
    double share_with_stall() const;
    /// Stalled time as a share of heard and stalled time.
    double rebuffering_ratio() const;
    /// Stalls per hour heard.
    double stalls_per_hour() const;
    double mean_kbps() const;
};

struct Traffic {
    std::int64_t bytes[sources] = {}, chunks[sources] = {};
    Sketch first_byte;  ///< of edges, ms

    void add(const Got& got);
    void add(const Piece& piece, Source source);
    void add(const Traffic& other);

    std::int64_t of(Source source) const { return bytes[static_cast<int>(source)]; }
    std::int64_t edge_bytes() const { return of(Source::edge_hit) + of(Source::edge_miss); }
    std::int64_t all_bytes() const { return of(Source::cache) + of(Source::peer) + edge_bytes(); }
    std::int64_t edge_chunks() const {
        return chunks[static_cast<int>(Source::edge_hit)] +
               chunks[static_cast<int>(Source::edge_miss)];
    }
    /// The share of all bytes that no server sent.
    double offload() const;
    /// The share of the edges' bytes that were in their caches.
    double hit_ratio() const;
};

/// a / b, or 0 if b is 0.
double ratio(std::int64_t a, std::int64_t b);

}  // namespace stretto::report
