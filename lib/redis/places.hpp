#pragma once
// How many peers the networks have: quotas that the trackers of a cluster keep together.
#include <array>
#include <memory>
#include <unordered_map>

#include "redis/shared.hpp"

namespace stretto::redis {

constexpr std::uint32_t proving_s = 15;  // another tracker's connection

class Places {
   public:
    explicit Places(Shared& shared) : shared_(shared) {}

    /// Counts a peer of the address that gets a place, until it ends: quotas are read before the
    /// place is written, and those who announce at the same moment would not see each other.
    using Entering = std::shared_ptr<void>;
    /// Whether there is room for one more of its networks. Calls back now or later.
    using Found = std::function<void(bool room, Entering)>;
    void look(const swarm::Ip& ip, const Found& done);
    /// The same for a peer that has a place, and now one among those who were reached.
    void look_among_reached(const swarm::Ip& ip, const Found& done);
    /// @param renew  let the counts live on too
    void write(const State& state, std::uint16_t home, bool renew, Entering entering);
    void remove(const swarm::Endpoint& at, std::uint16_t home);
    /// There may be room now: who asks next is not refused without a look.
    void changed(const swarm::Ip& ip);

   private:
    void count_widest(const State& state, std::uint16_t home);
    std::string sketch_key(const swarm::Ip& ip, bool reached, unsigned spans_ago) const;
    std::vector<std::uint64_t> prefixes_of(const swarm::Ip& ip) const;
    using Entries = std::unordered_map<std::uint64_t, std::uint32_t>;  ///< by prefix
    using Each = std::array<std::uint32_t, 4>;  ///< of prefixes, the narrowest first
    struct Counts {
        Each unproved{}, reached{};
    };
    /// Of a prefix, those who were reached lately: some are not in Redis yet, or were not when
    /// somebody looked.
    struct Reached {
        std::uint32_t looks = 0, given = 0, writing = 0;
        bool is_over() const noexcept { return looks == 0 && writing == 0; }
    };
    Entering enter(const swarm::Ip& ip);
    Entering give(const swarm::Ip& ip);
    /// @param of_all  else only those who were reached
    void count(const swarm::Ip& ip, bool of_all, const std::function<void(const Counts&)>& done);
    void note_crowd(std::uint64_t prefix);

    Shared& shared_;
    Entries crowded_;   // prefixes without room, and when
    Entries entering_;  // see Entering
    std::unordered_map<std::uint64_t, Reached> reached_;
    net::Life life_;
};

}  // namespace stretto::redis
