#pragma once
// How many peers the networks have: quotas that the trackers of a cluster keep together.
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
    void look(const swarm::Ip& ip, const std::function<void(bool, Entering)>& done);
    /// @param renew  let the counts live on too
    void write(const State& state, std::uint16_t home, bool renew, Entering entering);
    void remove(const swarm::Endpoint& at, std::uint16_t home);
    /// There may be room now: who asks next is not refused without a look.
    void changed(const swarm::Ip& ip);

   private:
    void count_widest(const State& state, std::uint16_t home);
    std::string sketch_key(const swarm::Ip& ip, bool reached, unsigned spans_ago) const;
    std::vector<std::uint64_t> prefixes_of(const swarm::Ip& ip) const;
    Entering enter(const swarm::Ip& ip);

    Shared& shared_;
    std::unordered_map<std::uint64_t, std::uint32_t> crowded_;   // prefixes without room, and when
    std::unordered_map<std::uint64_t, std::uint32_t> entering_;  // of prefixes, see enter()
    net::Life life_;
};

}  // namespace stretto::redis
