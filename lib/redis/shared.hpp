#pragma once
// What the trackers of a cluster have in common: a secret, the time, and where the data of a peer
// lies.
#include <functional>
#include <memory>
#include <optional>

#include "base/digest.hpp"
#include "base/split_mix.hpp"
#include "net/life.hpp"
#include "redis/client.hpp"
#include "redis/entry.hpp"
#include "swarm/lookup.hpp"
#include "swarm/peers.hpp"
#include "swarm/tickets.hpp"

namespace stretto::redis {

/// The same in all trackers of a cluster: the first one's is kept in Redis.
using Secret = std::array<std::uint8_t, 24>;

struct Options {
    swarm::PeersLimits limits;
    Secret secret{};         ///< random, for a cluster that has none yet
    std::uint64_t seed = 0;  ///< random, of this tracker
    /// Milliseconds since 1970: trackers compare times. Instead of the `now_ms` of calls.
    std::function<std::uint64_t()> wall_ms;
    /// Seals tickets with 16 bytes of the secret.
    std::function<std::unique_ptr<swarm::Seal>(std::span<const std::uint8_t, 16>)> seal;
    std::size_t songs = 20'000, entries = 1'000'000;  ///< in memory
};

constexpr std::uint32_t dead_s = 30;                  // who expired so long ago does not come back
constexpr std::uint64_t directory_fresh_ms = 20'000;  // for announces: see former pages

/// The first eight bytes.
std::uint64_t word(const std::uint8_t* bytes) noexcept;
std::string hex(std::uint64_t n);
inline bool is_song(const std::string& id, SongKey& key) { return parse_base32(id, key); }

class Shared {
   public:
    Shared(Client& client, Options options);

    Client& client() const noexcept { return client_; }
    const Options& options() const noexcept { return options_; }
    const swarm::PeersLimits& limits() const noexcept { return options_.limits; }
    /// Learn secret and time again, from time to time.
    void refresh();
    bool is_ready() const noexcept { return tickets_.has_value(); }
    /// As soon as the secret is known.
    swarm::Tickets& tickets() noexcept { return *tickets_; }
    std::uint64_t random() noexcept { return random_(); }

    std::uint64_t wall_ms() const { return options_.wall_ms() - ahead_ms_; }
    std::uint32_t wall_s() const { return static_cast<std::uint32_t>(wall_ms() / 1000); }
    /// What was written before has expired, or has moved.
    std::uint32_t recent_s() const;
    /// How long a key lives: so many times as long as a peer.
    std::string ttl(unsigned times) const;

    const swarm::Hash& hash() const noexcept { return hash_; }
    /// Of this tracker, for WebRTC peers: they are connected to it.
    std::uint16_t home() const noexcept { return home_; }
    std::uint64_t number_of(const swarm::Endpoint& at, std::uint16_t home) const noexcept;
    Path path_of(const swarm::Endpoint& at, std::uint16_t home, swarm::Cell cell) const noexcept;
    /// Of a peer, by its number.
    static std::string state_key(std::uint64_t number) { return "s{" + hex(number) + "}"; }
    /// Remove what a hash has of these fields.
    void remove(const std::string& key, std::vector<std::string> fields);
    /// Of a song, 1 to 255.
    std::uint8_t tag_of(const std::string& song) const noexcept;
    static constexpr unsigned tag_bits = 8;  ///< a number has as many 0 in front

   private:
    void learn_secret();
    void learn_time(std::uint64_t asked_ms, std::string_view seconds);

    Client& client_;
    Options options_;
    Secret secret_;
    swarm::Hash hash_{0};
    std::optional<swarm::Tickets> tickets_;
    std::uint16_t home_;
    SplitMix64 random_;
    std::uint64_t learned_ms_ = 0;
    std::uint64_t ahead_ms_ = 0;  // how far our clock is ahead of Redis's, modulo 2^64
    net::Life life_;
};

}  // namespace stretto::redis
