#pragma once
// Plays as they count: capped, by listener, song and day; who behaves like a machine; who is paid.
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

struct Heap {
    std::int64_t plays = 0, skips = 0, heard_ms = 0;
    void add(const Heap& other) {
        plays += other.plays;
        skips += other.skips;
        heard_ms += other.heard_ms;
    }
};

struct Payment {
    bool user_centric = false, pay_suspects = false;
    bool require_token = false;  ///< only sessions with an access token are plays
    std::int64_t min_plays = 1000, top = 10;
    std::set<std::string> trusted;  ///< listeners (as shown) and networks that are paid anyway
};

/// What is known of all sessions when they are summed up.
struct Rules {
    const Dictionary& names;
    const Dates& dates;
    const Zone& zone;
    const Payment& payment;
    std::int64_t year_begins_ms = 0;
};

/// How plays ended: of a listener or of a network.
struct Habits {
    std::int64_t plays = 0;
    std::int64_t just_counted = 0;                    ///< left within 10 s of counting
    std::int64_t left = 0;                            ///< not to the end of the song
    std::map<std::int64_t, std::int64_t> left_after;  ///< of these, by 2 s; none above 10 min

    void add(const Habits& other);
    /// Plays of the commonest time, and that time, s.
    std::pair<std::int64_t, std::int64_t> commonest() const;
};

/// All that one listener did.
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
    std::map<Name, Habits> networks;  ///< by where it was heard

    /// What is said and what is counted: what goes beyond a day's hours is not.
    void add(const Visit& visit, const Rules& rules);
    /// Why it alone looks like a machine; empty if it does not.
    std::string suspicion(const Zone& zone) const;
};

/// Nothing of sessions that have no date.
void each_listener(Visits& visits, const Rules& rules,
                   const std::function<void(const Listener&)>& take);

struct OfSong : Heap {
    std::int64_t listeners = 0;
    std::int64_t paid_plays = 0;       ///< by those who are no suspects
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

struct Listening {
    Heap all, outside;  ///< outside of the catalogue: no part of all
    std::int64_t listeners = 0;
    std::vector<OfSong> songs;  ///< by their number
    std::map<std::int64_t, OfDay> days;
    std::vector<OfListener> top, suspects;  ///< by plays; suspects at most 10,000
    std::int64_t suspect_listeners = 0, unpaid_plays = 0;
};

class Farms;

Listening sum_up(Visits& visits, const Rules& rules, const Tagged& tagged, const Farms& farms);

/// By song, what it is paid in proportion to. Pro rata: its plays. User-centric: each listener's
/// 10^9, shared by that listener's plays.
std::vector<std::uint64_t> weigh(Visits& visits, const Rules& rules, const Tagged& tagged,
                                 const Farms& farms, const Listening& listening);

/// 16 hexadecimal digits.
std::string hex_key(std::uint64_t key);

}  // namespace stretto::report
