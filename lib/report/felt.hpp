#pragma once
// What each listener's sessions were one after the other: how it felt, and when.
#include <unordered_map>

#include "report/series.hpp"
#include "report/summary.hpp"
#include "report/tags.hpp"

namespace stretto::report {

struct Felt {
    Experience all;
    std::unordered_map<Name, Experience> places, edges;
    std::map<std::int64_t, Experience> bitrates;  ///< by what most of a session had
    Series series;
    Votes votes;
    std::int64_t undated = 0;   ///< sessions whose clock was wrong
    std::int64_t followed = 0;  ///< songs that ran into the next
};

/// @param summary  settled
Felt feel(Summary& summary, const Zone& zone);

}  // namespace stretto::report
