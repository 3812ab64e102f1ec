#pragma once
// Quality of experience over each listener's consecutive sessions, and its times.
#include <unordered_map>

#include "report/series.hpp"
#include "report/summary.hpp"
#include "report/tags.hpp"

namespace stretto::report {

struct Felt {
    Experience all;
    std::unordered_map<Name, Experience> places, edges;
    std::map<std::int64_t, Experience> bitrates;  ///< by the bitrate of most of a session
    Series series;
    Votes votes;
    std::int64_t undated = 0;   ///< sessions whose clock was wrong
    std::int64_t followed = 0;  ///< songs that the next one followed without a pause
};

/// @param summary  settled
Felt feel(Summary& summary, const Zone& zone);

}  // namespace stretto::report
