#pragma once
// All sessions of a report, summed up.
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/experience.hpp"
#include "report/plays.hpp"
#include "report/series.hpp"
#include "report/servers.hpp"

namespace stretto::report {

struct Edge {
    Experience experience;  ///< of the sessions that it gave most of what edges gave
    Traffic traffic;
};

struct Tags {
    std::string title, artist;
    std::int64_t time_ms = -1;
};

/// Grows with songs, places, edges and peers that sent wrong bytes, not with sessions.
class Summary {
   public:
    /// Sessions that began in [since, until), ms.
    Summary(std::optional<std::int64_t> since_ms, std::optional<std::int64_t> until_ms)
        : since_(since_ms), until_(until_ms) {}

    bool wants(const Session& session) const;
    void add(const Session& session, const Dictionary& names);
    /// Where the twelve months end.
    std::int64_t end_ms() const { return until_.value_or(last_ms + 1); }

    std::int64_t first_ms = -1, last_ms = -1;
    std::int64_t wasted = 0, uploaded = 0;
    Experience experience;
    Traffic traffic;
    Series series;
    Plays plays;
    std::vector<Tags> tags;  ///< by song: those of the session that began last
    std::unordered_map<Name, Experience> places;
    std::unordered_map<Name, Edge> edges;
    std::map<std::int64_t, Experience> bitrates;  ///< by what most of a session had
    std::unordered_map<Name, std::int64_t> rejected;
    std::map<Name, OfServer> servers;  ///< by their logs; set when all of them were read

   private:
    std::optional<std::int64_t> since_, until_;
};

}  // namespace stretto::report
