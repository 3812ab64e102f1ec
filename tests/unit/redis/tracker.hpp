#pragma once
// A tracker with its peers in memory, or in a made-up Redis that trackers may share, on a made-up
// clock: what the tests of one suite over both need.
#include <algorithm>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

#include "redis/peers.hpp"
#include "store.hpp"
#include "swarm/memory.hpp"

namespace stretto::redis_test {

using namespace stretto::swarm;

using Announced = swarm::Peers::Announced;

inline const Layout layout{{96, 160, 320}, 21};
inline const Have all{{96, {{0, 20}}}, {160, {{0, 20}}}, {320, {{0, 20}}}};
inline const Location berlin{52.5f, 13.4f}, paris{48.9f, 2.4f}, sydney{-33.9f, 151.2f};

inline std::string song(int n) { return text("s", std::string(26, '0'), 10000 + n); }
inline Endpoint at(const std::string& ip, int port = 8490) {
    return {*parse_ip(ip), static_cast<std::uint16_t>(port)};
}
inline PeersQuery of(int n, std::optional<int> kbps = {}, std::optional<int> chunk = {}) {
    return {song(n), kbps, chunk, {}, 16, "", 0};
}
inline Endpoint far_apart(int i) { return at(text("10.", i / 256, ".", i % 256, ".1")); }
inline const Asker somebody{*parse_ip("203.0.113.9"), berlin};

class InMemory {
   public:
    InMemory(const PeersLimits& limits, const std::uint64_t& now)
        : peers_(limits, 0x030201, std::make_unique<PlainSeal>(1), now) {}
    swarm::Peers& peers() { return peers_; }
    void settle(const std::function<bool()>&) {}

   private:
    MemoryPeers peers_;
};

/// A tracker of its own on a Redis that it may share.
class InRedis {
   public:
    struct World {
        explicit World(const std::uint64_t& now) : store(now) {}
        net::Loop loop;
        redis::Store store;
        std::optional<redis::FakeServer> server{
            std::in_place, loop,
            [this](const redis::Words& words) { return silent ? std::string{} : store(words); }};
        bool silent = false;
        int port = server->port();
    };
    InRedis(const PeersLimits& limits, const std::uint64_t& now, std::shared_ptr<World> world = {})
        : world_(world ? world : std::make_shared<World>(now)),
          client_(world_->loop, {{"127.0.0.1", world_->port}}, {}, client_limits()),
          peers_(client_, options(limits, now)) {
        settle([this] { return peers_.is_ready(); });
    }
    swarm::Peers& peers() { return peers_; }
    void settle(const std::function<bool()>& is) {
        BOOST_REQUIRE_MESSAGE(
            redis::run_until(world_->loop, [&] { return is() && client_.pending() == 0; }),
            "commands wait");
    }
    const std::shared_ptr<World>& world() { return world_; }
    redis::Client& client() { return client_; }

   private:
    static redis::Client::Limits client_limits() {
        redis::Client::Limits limits;
        limits.times.answer = std::chrono::milliseconds{2000};
        limits.times.batch = std::chrono::milliseconds{0};
        return limits;
    }
    static redis::Peers::Options options(const PeersLimits& limits, const std::uint64_t& now) {
        redis::Peers::Options o;
        o.limits = limits;
        static std::mt19937 random{41};
        // not all bytes the same: the hash of songs and peers is made for random seeds
        for (auto& byte : o.secret) byte = static_cast<std::uint8_t>(random());
        o.seed = random();
        o.wall_ms = [&now] { return now; };
        o.seal = [](std::span<const std::uint8_t, 16> key) {
            return std::make_unique<PlainSeal>(key[0]);
        };
        return o;
    }
    std::shared_ptr<World> world_;
    redis::Client client_;
    redis::Peers peers_;
};

/// A tracker whose songs have all the same layout, and whose peers can all be reached.
template <class Where>
struct Tracker {
    explicit Tracker(PeersLimits limits = {}) : where(limits, now) {}
    Tracker(const std::uint64_t& clock, const std::shared_ptr<InRedis::World>& world,
            PeersLimits limits = {})
        : where(limits, clock, world) {}

    template <class T, class Call>
    T wait(Call call) {
        std::optional<T> got;
        call([&](const auto& value) { got = T(value); });
        where.settle([&] { return got.has_value(); });
        return *got;
    }
    Announced announce_only(const Endpoint& from, const Announce& said) {
        return wait<Announced>([&](auto done) { where.peers().announce(from, said, now, done); });
    }
    void has(const Endpoint& from, std::uint32_t stamp, int n, const Have& have) {
        where.peers().has(from, stamp, song(n), layout, have);
        where.settle([] { return true; });
    }
    void proved(const Endpoint& from, bool reached) {
        where.peers().proved(from, reached, now);
        where.settle([] { return true; });
    }
    Announced announce(const Endpoint& from, const Announce& said, bool reached = true) {
        const auto result = announce_only(from, said);
        for (const auto& id : result.unknown)
            where.peers().has(from, result.stamp, id, layout, said.songs.at(id));
        if (result.unproven) where.peers().proved(from, reached, now);
        where.settle([] { return true; });
        return result;
    }
    Announced join(const Endpoint& from, std::optional<Location> place = {}, Have have = all,
                   int n = 1) {
        return announce(
            from, {"p" + std::to_string(from.port), from.port, place, 5000, {{song(n), have}}});
    }
    std::vector<PeerInfo> list(const Asker& asker, PeersQuery query = of(1)) {
        return wait<std::vector<PeerInfo>>([&](auto done) {
            where.peers().list(query, asker, now, [done](std::string_view found) {
                done(*parse_peers_answer(wrap_peers_list(found)));
            });
        });
    }
    std::vector<std::string> urls(const Asker& asker, const PeersQuery& query = of(1)) {
        std::vector<std::string> out;
        for (const auto& peer : list(asker, query)) out.push_back(peer.url);
        return out;
    }
    bool report(const std::string& ticket, bool ok, const std::string& from) {
        return wait<bool>([&](auto done) {
            where.peers().report({ticket, ok, ok ? "" : "hash", 100, 100'000}, *parse_ip(from), now,
                                 done);
        });
    }
    void pass(std::uint64_t ms) {
        now += ms;
        bool more = true;
        while (more) more = wait<bool>([&](auto done) { where.peers().expire(now, done); });
    }
    std::uint64_t now = 1'700'000'000'000;
    Where where;
};

using Both = boost::mpl::list<InMemory, InRedis>;

}  // namespace stretto::redis_test
