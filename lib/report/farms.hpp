#pragma once
// Detects farms: invented listeners that share networks and songs.
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/listening.hpp"
#include "report/sketch.hpp"

namespace stretto::report {

/// Thresholds of the rules. They were fixed before the crowds of tests/cli/report-trust.t were
/// made. A network is compared with all others, not with a number, so an office or a carrier with
/// honest listeners is not suspected: many listeners on one address are normal, similar ones are
/// not.
struct FarmRules {
    std::int64_t plays = 50;     ///< minimum plays of a network to judge it
    std::int64_t listeners = 5;  ///< minimum of similar listeners; fewer may be a household
    double just_counted = 0.5;   ///< share of a network's plays left within 10 s of counting
    double same_time = 0.3;      ///< share of the plays left early that end within the same 4 s
    double times_elsewhere = 4;  ///< an artist's plays, relative to other networks
    double devoted = 0.5;        ///< share of a listener's plays of such artists
    double household = 6;        ///< plays allowed to a household, in plays of the median listener
    std::int64_t busiest = 500;  ///< plays per day allowed to everyone,
    double times_most = 8;       ///< or this multiple of the 90th percentile
};

struct OfNetwork {
    Habits habits;
    std::int64_t listeners = 0, alike = 0, unpaid = 0;
    std::string suspicion;
};

/// Payment::trusted's name of what an operator writes: a listener's 16 digits, or an address or
/// network (IPv4 /24, IPv6 /48), which becomes its network as reports show it. nullopt: neither.
std::optional<std::string> trusted_name(std::string_view text);

class Farms {
   public:
    /// Examine all visits.
    Farms(Visits& visits, const Rules& rules, const Tagged& tagged, const FarmRules& limits = {});

    /// Why a listener looks like a machine, alone or with others; empty if it looks human or is
    /// trusted.
    std::string suspicion(const Listener& listener) const;
    bool is_trusted(const Listener& listener) const;
    /// The suspected networks by name.
    std::map<std::string, OfNetwork> networks() const;

   private:
    struct Network : OfNetwork {
        std::int64_t after_s = -1;  ///< position at which most plays end, if too many do
        bool quick = false, narrow = false;
        std::vector<Name> artists;  ///< sorted; artists that it plays far more than others do
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
