#pragma once
// Plays that nobody listened to: invented listeners that share networks and songs.
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/listening.hpp"
#include "report/sketch.hpp"

namespace stretto::report {

/// The rules of farms. They were fixed before the crowds of tests/cli/report-trust.t were made, and
/// hold an office or a carrier's network of honest listeners against all others, not against a
/// number: many listeners on one address are no suspicion, alike ones are.
struct FarmRules {
    std::int64_t plays = 50;     ///< of a network, below which nothing is said of it
    std::int64_t listeners = 5;  ///< alike ones, below which a household may be it
    double just_counted = 0.5;   ///< share of a network's plays left within 10 s of counting
    double same_time = 0.3;      ///< share of its plays left that are left at the same time, 4 s
    double times_elsewhere = 4;  ///< an artist's plays, beside what they are on other networks
    double devoted = 0.5;        ///< share of a listener's plays that go to such artists
    double household = 6;        ///< median listeners' plays that a household may give them
    std::int64_t busiest = 500;  ///< plays in a day that anybody may have,
    double times_most = 8;       ///< or this often what nine of ten listeners have
};

struct OfNetwork {
    Habits habits;
    std::int64_t listeners = 0, alike = 0, unpaid = 0;
    std::string suspicion;
};

class Farms {
   public:
    /// Looks at all visits.
    Farms(Visits& visits, const Rules& rules, const Tagged& tagged, const FarmRules& limits = {});

    /// Why a listener looks like a machine, alone or with others; empty if it does not.
    std::string suspicion(const Listener& listener) const;
    bool is_trusted(const Listener& listener) const;
    /// Those that something is said of, by name.
    std::map<std::string, OfNetwork> networks() const;

   private:
    struct Network : OfNetwork {
        std::int64_t after_s = -1;  ///< when most are left, if too many are
        bool quick = false, narrow = false;
        std::vector<Name> artists;  ///< sorted; that it plays far more than others do
    };
    void find_devotion(Visits& visits, const Tagged& tagged);
    double devotion(const Listener& listener, const Network& network) const;
    std::string with_others(const Listener& listener, const Network& network, Name name) const;

    const Rules& rules_;
    FarmRules limits_;
    std::unordered_map<Name, Network> networks_;
    std::vector<Name> artist_of_;  // by song
    Sketch plays_, busiest_;       // of listeners
};

}  // namespace stretto::report
