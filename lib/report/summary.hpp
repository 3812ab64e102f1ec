#pragma once
// Sums over all sessions of a report.
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/dates.hpp"
#include "report/experience.hpp"
#include "report/series.hpp"
#include "report/servers.hpp"
#include "report/tags.hpp"
#include "report/visits.hpp"

namespace stretto::report {

struct Edge {
    Experience experience;  ///< of the sessions that got most of their edge audio from this edge
    Traffic traffic;
};

/// Memory grows with songs, places, edges, networks and peers that sent wrong bytes, but not with
/// sessions.
class Summary {
   public:
    /// Sums up sessions that began in [since, until), ms. @param now_ms  the clock of this machine
    Summary(std::optional<std::int64_t> since_ms, std::optional<std::int64_t> until_ms,
            std::int64_t now_ms)
        : since_(since_ms), until_(until_ms), now_ms_(now_ms) {}

    bool wants(const Session& session) const;
    void add(const Session& session, Dictionary& names);
    void set_now(std::int64_t now_ms) { now_ms_ = now_ms; }
    /// See Sorted.
    void branch() { visits.branch(), chunks.branch(); }
    /// All sessions were added: decide which dates are believable.
    void settle() { dates.settle(now_ms_); }
    /// The end of the twelve months for payment: `until`, or the last time of a server's clock, or
    /// the end of the period of most sessions. The latest claimed time has no effect.
    std::int64_t end_ms() const;

    std::int64_t wasted = 0, uploaded = 0;
    Dates dates;
    Traffic traffic;
    Visits visits{100'000};
    Sorted<Came> chunks{250'000};
    std::unordered_map<Name, std::map<std::int64_t, std::int64_t>> place_kept;  // by kbit/s
    std::unordered_map<Name, std::map<std::int64_t, std::int64_t>> edge_kept;
    std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> bitrate_kept;
    std::map<std::int64_t, std::int64_t> kept_ms;
    std::unordered_map<Name, Traffic> edges;
    std::unordered_map<Name, std::int64_t> rejected;
    std::map<Name, OfServer> servers;  ///< from access logs; set when all of them were read
    std::int64_t asked_via = 0;        ///< requests with Via from servers that are not configured
    std::int64_t doubled_requests = 0;

   private:
    std::optional<std::int64_t> since_, until_;
    std::int64_t now_ms_;
    std::int64_t received_ms_ = -1;
};

}  // namespace stretto::report
