#pragma once
// Plays as they count: capped, by listener, song and day; who behaves like a machine; who is paid.
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/plays.hpp"

namespace stretto::report {

constexpr std::int64_t day_ms = 86'400'000;

struct Heap {
    std::int64_t plays = 0, skips = 0, heard_ms = 0;
    void add(const Heap& other) {
        plays += other.plays;
        skips += other.skips;
        heard_ms += other.heard_ms;
    }
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
    std::int64_t just_counted = 0;  ///< plays left within 10 s of counting
    Heap all;
    std::unordered_map<Name, OfSong> songs;
    std::map<std::int64_t, OfDay> days;

    /// What is said and what is counted: what goes beyond 24 h a day (UTC) is not.
    void add(const Heard& heard, std::int64_t year_begins_ms);
    /// Why it looks like a machine; empty if it does not.
    std::string suspicion() const;
};

/// One listener after the other.
void each_listener(Plays& plays, std::int64_t year_begins_ms,
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
    Heap all;
    std::int64_t listeners = 0;
    std::vector<OfSong> songs;  ///< by their number
    std::map<std::int64_t, OfDay> days;
    std::vector<OfListener> top, suspects;  ///< by plays; suspects at most 10,000
    std::int64_t suspect_listeners = 0;
};

struct Payment {
    bool user_centric = false, pay_suspects = false;
    std::int64_t min_plays = 1000, top = 10;
};

/// @param year_ends_ms  of the twelve months in which a song needs its plays
Listening sum_up(Plays& plays, std::size_t songs, std::int64_t year_ends_ms,
                 const Payment& payment);

/// By song, what it is paid in proportion to. Pro rata: its plays. User-centric: each listener's
/// 10^9, shared by that listener's plays.
std::vector<std::uint64_t> weigh(Plays& plays, const Listening& listening,
                                 std::int64_t year_ends_ms, const Payment& payment);

}  // namespace stretto::report
