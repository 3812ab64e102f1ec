#pragma once
// Counts plays by listener, song and day, with a limit on hours per day. Finds listeners that
// behave like machines, and computes the weights of songs for royalties.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/dates.hpp"
#include "report/tags.hpp"
#include "report/visits.hpp"
#include "report/zone.hpp"

namespace stretto::report {

/// Sums of plays.
struct Heap {
    std::int64_t plays = 0, skips = 0, heard_ms = 0;
    void add(const Heap& other) {
        plays += other.plays;
        skips += other.skips;
        heard_ms += other.heard_ms;
    }
};

/// Options for plays and royalties; see stretto-report(1).
struct Payment {
    bool user_centric = false, pay_suspects = false;
    bool require_token = false;  ///< only sessions with an access token are plays
    std::int64_t min_plays = 1000, top = 10;
    std::set<std::string> trusted;  ///< listeners (as shown) and networks that are paid anyway
};

/// Data for the second pass, which needs results of a first pass over all sessions.
struct Rules {
    const Dictionary& names;
    const Dates& dates;
    const Zone& zone;
    const Payment& payment;
    std::int64_t year_begins_ms = 0;
};

/// How the plays of a listener or a network ended.
struct Habits {
    std::int64_t plays = 0;
    std::int64_t just_counted = 0;                    ///< left within 10 s after they counted
    std::int64_t left = 0;                            ///< left before the end of the song
    std::map<std::int64_t, std::int64_t> left_after;  ///< of these, per 2 s, up to 10 min

    void add(const Habits& other);
    /// The number of plays that were left at the most frequent time, and this time in s.
    std::pair<std::int64_t, std::int64_t> commonest() const;
};

/// All plays of one listener.
struct Listener {
    struct OfSong : Heap {
        std::int64_t late_plays = 0;  ///< in the last twelve months
        std::int64_t today = -1, plays_today = 0, most_a_day = 0;
    };
    struct OfDay : Heap {
        std::int64_t claimed_ms = 0;
    };
    std::uint64_t key = 0;
    Heap all;
    std::int64_t most_a_day = 0;  ///< plays
    std::unordered_map<Name, OfSong> songs;
    std::map<std::int64_t, OfDay> days;
    Habits habits;
    std::map<Name, Habits> networks;  ///< per network from which the listener played

    /// Add a session. Time beyond the length of a day is recorded as claimed, but not counted.
    void add(const Visit& visit, const Rules& rules);
    /// Why the listener's own plays look like those of a machine; empty if they do not.
    std::string suspicion(const Zone& zone) const;
};

/// Call `take` for each listener. Sessions without a believable date are omitted.
void each_listener(Visits& visits, const Rules& rules,
                   const std::function<void(const Listener&)>& take);

struct OfSong : Heap {
    std::int64_t listeners = 0;
    std::int64_t paid_plays = 0;       ///< by listeners that are not suspected
    std::int64_t paid_late_plays = 0;  ///< of these, in the last twelve months
};
struct OfDay : Heap {
    std::int64_t listeners = 0;
};
struct OfListener : Heap {
    std::uint64_t key = 0;
    std::int64_t songs = 0;
    std::string suspicion;
};

/// The sums of all listeners.
struct Listening {
    Heap all, outside;  ///< outside: songs that are not in the catalogue; not contained in `all`
    std::int64_t listeners = 0;
    std::vector<OfSong> songs;  ///< indexed by Name
    std::map<std::int64_t, OfDay> days;
    std::vector<OfListener> top,
        suspects;  ///< in descending order of plays; at most 10,000 suspects
    std::int64_t suspect_listeners = 0, unpaid_plays = 0;
};

class Farms;

Listening sum_up(Visits& visits, const Rules& rules, const Tagged& tagged, const Farms& farms);

/// The weight of each song, to which its royalties are proportional. By default, the number of its
/// plays. If user-centric, each listener has a weight of 10^9, divided among the listener's plays.
/// @return  indexed by Name
std::vector<std::uint64_t> weigh(Visits& visits, const Rules& rules, const Tagged& tagged,
                                 const Farms& farms, const Listening& listening);

/// 16 hexadecimal digits.
std::string hex_key(std::uint64_t key);

}  // namespace stretto::report
