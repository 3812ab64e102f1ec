#pragma once
// How it felt, and where the bytes came from: sums over sessions, in the terms of CTA-2066.
#include <map>

#include "report/session.hpp"
#include "report/sketch.hpp"
#include "report/visits.hpp"

namespace stretto::report {

/// Sums that can be added in any order.
struct Experience {
    std::int64_t sessions = 0, started = 0, left_before_start = 0, failed_to_start = 0, failed = 0,
                 with_stall = 0, stalls = 0, stalled_ms = 0, heard_ms = 0, switches = 0;
    std::map<std::int64_t, std::int64_t> kept_ms;  ///< by kbit/s
    Sketch startup;                                ///< of the songs that a person started

    void add(const Visit& visit);
    void add_kept(const Session& session);
    void add(const Experience& other);

    /// Of those that had sound.
    double share_with_stall() const;
    /// Stalled time as a share of heard and stalled time.
    double rebuffering_ratio() const;
    /// Stalls an hour heard.
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
    /// Of all bytes, those that no server sent.
    double offload() const;
    /// Of an edge's bytes, those that it had.
    double hit_ratio() const;
};

/// a / b, 0 when there is nothing to divide by.
double ratio(std::int64_t a, std::int64_t b);

}  // namespace stretto::report
