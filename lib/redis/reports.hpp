#pragma once
// What listeners tell of peers, into the data that all trackers share.
#include "redis/songs.hpp"

namespace stretto::redis {

class Reports {
   public:
    Reports(Shared& shared, Songs& songs) : shared_(shared), songs_(songs) {}

    /// What a ticket for the peer of that song says: see report().
    std::uint64_t ticket_number(const Entry& entry, const std::string& song) const noexcept {
        return shared_.number_of(entry.at, entry.home) << Shared::tag_bits | shared_.tag_of(song);
    }
    /// Whether it counts: the ticket is ours, for this network, and unused.
    void report(const swarm::Report& report, const swarm::Ip& reporter,
                const std::function<void(bool)>& done);

   private:
    void write_health(Song& song, const State& state, std::uint64_t number);
    void judge(std::uint64_t number, std::uint8_t tag, const swarm::Report& report,
               const swarm::Ip& reporter, const std::function<void(bool)>& done);

    Shared& shared_;
    Songs& songs_;
    net::Life life_;
};

}  // namespace stretto::redis
