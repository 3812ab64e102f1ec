#pragma once
// All sessions of a report, summed up.
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
    Experience experience;  ///< of the sessions that it gave most of what edges gave
    Traffic traffic;
};

/// Grows with songs, places, edges, networks and peers that sent wrong bytes, not with sessions.
class Summary {
   public:
    /// Sessions that began in [since, until), ms. @param now_ms  the clock of who asks
    Summary(std::optional<std::int64_t> since_ms, std::optional<std::int64_t> until_ms,
            std::int64_t now_ms)
        : since_(since_ms), until_(until_ms), now_ms_(now_ms) {}

    bool wants(const Session& session) const;
    void add(const Session& session, Dictionary& names);
    void set_now(std::int64_t now_ms) { now_ms_ = now_ms; }
    /// See Sorted.
    void branch() { visits.branch(), chunks.branch(); }
    /// All were added: which dates can be believed.
    void settle() { dates.settle(now_ms_); }
    /// Where the twelve months end: as was asked, or by a server's clock, or where most sessions
    /// lie; never at the latest time that anybody claims.
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
    std::map<Name, OfServer> servers;  ///< by their logs; set when all of them were read
    std::int64_t asked_via = 0;        ///< requests by servers that nobody configured
    std::int64_t doubled_requests = 0;

   private:
    std::optional<std::int64_t> since_, until_;
    std::int64_t now_ms_;
    std::int64_t received_ms_ = -1;
};

}  // namespace stretto::report
