#include "edge/ranking.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace stretto::edge {
namespace {

constexpr std::uint64_t first_pause_ms = 1000, longest_pause_ms = 30000;

/// FNV-1a, the same in every process: edges in front of the same servers agree on their objects.
std::uint64_t hash(std::string_view text, std::uint64_t from = 0xcbf29ce484222325) {
    for (const char c : text) from = (from ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return from;
}

/// Its low bits are as good as its high ones (the finalizer of MurmurHash3).
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

}  // namespace

Ranking::Ranking(std::vector<std::string> servers, By by)
    : servers_(std::move(servers)), by_(by), health_(servers_.size()) {}

/// By hash: the highest of the hashes of (server, path) wins (Thaler and Ravishankar, "Using
/// name-based mappings to increase hit rates", 1998), so that a server that goes or comes moves
/// its own share of the paths and no other.
std::vector<std::size_t> Ranking::order(std::string_view path, std::uint64_t now_ms) {
    std::vector<std::size_t> all(servers_.size());
    std::iota(all.begin(), all.end(), 0);
    if (all.size() == 1) return all;
    if (by_ == By::hash) {
        std::vector<std::uint64_t> weights;
        for (const auto& server : servers_) weights.push_back(mix(hash(path, hash(server))));
        std::ranges::stable_sort(all, [&](auto a, auto b) { return weights[a] > weights[b]; });
    }
    const std::lock_guard lock{mutex_};
    std::vector<std::size_t> up, down;
    for (const auto server : all) {
        auto& health = health_[server];
        // a server that another precedes need not be tried
        const bool tries = up.empty() && health.failures > 0 && now_ms >= health.again_ms;
        if (tries) {
            health.again_ms = now_ms + pause_ms(health.failures);
            health.trying = true;
        }
        (tries || health.failures == 0 ? up : down).push_back(server);
    }
    std::ranges::stable_sort(
        down, [&](auto a, auto b) { return health_[a].again_ms < health_[b].again_ms; });
    up.insert(up.end(), down.begin(), down.end());
    return up;
}

void Ranking::failed(std::size_t server, std::uint64_t now_ms) {
    const std::lock_guard lock{mutex_};
    auto& health = health_[server];
    // those under way when it went all fail at once
    if (health.failures > 0 && !std::exchange(health.trying, false)) return;
    ++health.failures;
    health.again_ms = now_ms + pause_ms(health.failures);
}

void Ranking::answered(std::size_t server) {
    const std::lock_guard lock{mutex_};
    health_[server] = {};
}

bool Ranking::is_up(std::size_t server) const {
    const std::lock_guard lock{mutex_};
    return health_[server].failures == 0;
}

std::uint64_t Ranking::pause_ms(unsigned failures) {
    return std::min(longest_pause_ms, first_pause_ms << std::min(failures - 1, 5u));
}

}  // namespace stretto::edge
