#include "redis/shared.hpp"

#include <algorithm>
#include <charconv>

namespace stretto::redis {
namespace {

constexpr std::string_view secret_key = "stretto:secret";
constexpr std::uint64_t secret_ms = 30'000;
constexpr std::uint64_t near_ms = 5000;  // clocks differ by less
constexpr std::uint64_t most_seconds = 0xffffffff;
constexpr std::uint32_t state_s = 60;  // longer than the peer

}  // namespace

std::uint64_t word(const std::uint8_t* bytes) noexcept {
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i) n = n << 8 | bytes[i];
    return n;
}

std::string hex(std::uint64_t n) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    return {digits.data(), end};
}

Shared::Shared(Client& client, Options options)
    : client_(client),
      options_(std::move(options)),
      secret_(options_.secret),
      home_(static_cast<std::uint16_t>(options_.seed | 1)),
      random_(options_.seed) {
    learn_secret();
}

/// The first tracker's secret is that of all. If Redis loses it, the first who notices restores it.
void Shared::learn_secret() {
    learned_ms_ = wall_ms();
    client_.ask(secret_key, {"TIME"},
                life_.guard([this, asked_ms = options_.wall_ms()](const Reply& reply) {
                    if (!reply.has_failed()) learn_time(asked_ms, reply[0].text());
                }));
    const std::string ours{reinterpret_cast<const char*>(secret_.data()), secret_.size()};
    client_.tell(secret_key, {"SET", secret_key, ours, "NX"});
    client_.ask(secret_key, {"GET", secret_key}, life_.guard([this](const Reply& reply) {
        const auto theirs = reply.text();
        if (theirs.size() != secret_.size()) return;
        const bool same = std::ranges::equal(theirs, secret_, [](char a, std::uint8_t b) {
            return static_cast<std::uint8_t>(a) == b;
        });
        if (same && tickets_) return;
        std::ranges::copy(theirs, secret_.begin());
        hash_ = swarm::Hash{word(secret_.data() + 16)};
        tickets_.emplace(
            options_.seal(std::span<const std::uint8_t, 16>{secret_.data(), std::size_t{16}}));
    }));
}

/// A tracker whose clock is wrong by minutes would take all peers for dead, or name none that it
/// added. Then the time of the server that keeps the secret is its time.
void Shared::learn_time(std::uint64_t asked_ms, std::string_view seconds) {
    std::uint64_t s = 0;
    const auto end = seconds.data() + seconds.size();
    if (std::from_chars(seconds.data(), end, s).ptr != end || s == 0 || s > most_seconds) return;
    const auto now_ms = options_.wall_ms(), theirs_ms = 1000 * s;
    const bool is_near = theirs_ms + near_ms + 1000 >= asked_ms && theirs_ms <= now_ms + near_ms;
    ahead_ms_ = is_near ? 0 : now_ms - theirs_ms;
}

void Shared::refresh() {
    if (wall_ms() - learned_ms_ > (is_ready() ? secret_ms : 1000)) learn_secret();
}

std::uint64_t Shared::number_of(const swarm::Endpoint& at, std::uint16_t home) const noexcept {
    const auto* bytes = at.ip.bytes.data();
    return hash_(hash_(word(bytes), word(bytes + 8)), std::uint64_t{home} << 16 | at.port) >>
           tag_bits;
}
Path Shared::path_of(const swarm::Endpoint& at, std::uint16_t home,
                     swarm::Cell cell) const noexcept {
    return redis::path_of(cell, hash_(swarm::network_of(at.ip), 7), number_of(at, home));
}
std::string Shared::ttl(unsigned times) const {
    return std::to_string(options_.limits.ttl_s * times + state_s);
}
std::uint32_t Shared::recent_s() const {
    return wall_s() - options_.limits.ttl_s -
           static_cast<std::uint32_t>(directory_fresh_ms / 1000) - dead_s;
}

std::uint8_t Shared::tag_of(const std::string& song) const noexcept {
    SongKey key{};
    is_song(song, key);
    return static_cast<std::uint8_t>(1 + hash_(word(key.data()), word(key.data() + 12)) % 255);
}

void Shared::remove(const std::string& key, std::vector<std::string> fields) {
    if (fields.empty()) return;
    fields.insert(fields.begin(), {"HDEL", key});
    client_.tell(key, fields);
}

}  // namespace stretto::redis
