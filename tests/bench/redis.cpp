// Announces and lists of a tracker with its peers in Redis, without HTTP: the processor time of
// this side per operation. redis.sh adds that of the servers.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>

#include "base/digest.hpp"
#include "redis/location.hpp"
#include "redis/peers.hpp"
#include "track/seal.hpp"

using namespace stretto;

namespace {

constexpr int in_flight = 256, songs_a_peer = 10;
const swarm::Layout layout{{96, 160, 320}, 52};
const swarm::Have whole{{96, {{0, 51}}}, {160, {{0, 51}}}, {320, {{0, 51}}}};

double cpu_us() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto us = [](const timeval& t) {
        return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
    };
    return us(used.ru_utime) + us(used.ru_stime);
}

std::string song(std::uint32_t n) {
    std::array<std::uint8_t, 20> key{};
    std::mt19937 random{n};
    for (auto& byte : key) byte = static_cast<std::uint8_t>(random());
    return base32(key);
}

/// A /48 of IPv6 each, as most listeners have, in 256 larger networks.
swarm::Endpoint peer(std::uint32_t n) {
    swarm::Endpoint at{{}, 8490};
    at.ip.bytes = {0x20,
                   0x01,
                   0x0d,
                   static_cast<std::uint8_t>(n),
                   static_cast<std::uint8_t>(n >> 16),
                   static_cast<std::uint8_t>(n >> 8)};
    at.ip.bytes[15] = 1;
    return at;
}

swarm::Announce said(std::uint32_t n, std::uint32_t songs) {
    std::mt19937 random{n};
    const auto real = [&](float most) {
        return most * (2 * static_cast<float>(random() % 10000) / 10000 - 1);
    };
    std::string id(26, 'a');
    for (auto& c : id) c = static_cast<char>('a' + random() % 26);
    swarm::Announce said{id, 8490, swarm::Location{real(60), real(179)}, 5000, {}};
    while (said.songs.size() < songs_a_peer) said.songs[song(random() % songs)] = whole;
    return said;
}

class Bench {
   public:
    Bench(const std::vector<redis::Server>& servers)
        : client_(loop_, servers, {}, limits()), peers_(client_, options()) {}

    /// Calls `one` with 0 to n - 1, some at a time; each calls back.
    void run(const char* what, std::uint32_t n,
             const std::function<void(std::uint32_t, std::function<void()>)>& one) {
        wait([&] { return peers_.is_ready(); });
        std::uint32_t begun = 0, ended = 0;
        const auto before = cpu_us();
        const auto clock = std::chrono::steady_clock::now();
        std::function<void()> more = [&] {
            while (begun < n && begun - ended < in_flight && client_.pending() < 40'000)
                one(begun++, [&] { ++ended; });
        };
        wait([&] {
            more();
            return ended == n && client_.pending() == 0;
        });
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - clock;
        std::printf("%s\t%u\t%.1f\t%.0f\t%llu\n", what, n, (cpu_us() - before) / n,
                    n / took.count(),
                    static_cast<unsigned long long>(client_.counters().failed +
                                                    client_.counters().refused));
    }
    void announce(std::uint32_t n, std::uint32_t songs, const std::function<void()>& done) {
        const auto at = peer(n);
        const auto words = said(n, songs);
        peers_.announce(at, words, 0,
                        [this, at, words, done](const swarm::Peers::Announced& result) {
                            for (const auto& id : result.unknown)
                                peers_.has(at, result.stamp, id, layout, words.songs.at(id));
                            if (result.unproven) peers_.proved(at, true, 0);
                            done();
                        });
    }
    void list(std::uint32_t n, std::uint32_t songs, const std::function<void()>& done) {
        std::mt19937 random{n};
        const swarm::Location here{static_cast<float>(random() % 100) - 50,
                                   static_cast<float>(random() % 300) - 150};
        peers_.list({song(random() % songs), {}, {}, {}, 16, "", 0}, {peer(n).ip, here}, 0,
                    [this, done](std::string_view found) {
                        bytes_ += found.size();
                        done();
                    });
    }
    std::size_t bytes() const { return bytes_; }

   private:
    static redis::Client::Limits limits() {
        redis::Client::Limits limits;
        limits.times.answer = std::chrono::seconds{10};
        limits.ask_ms = 30'000;
        limits.tell_ms = 60'000;
        return limits;
    }
    static redis::Peers::Options options() {
        redis::Peers::Options o;
        o.limits.ttl_s = 3600;
        o.secret.fill(7);
        o.seed = 5;
        o.wall_ms = [] {
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            return static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
        };
        o.seal = [](std::span<const std::uint8_t, 16> key) {
            track::AesSeal::Secret secret;
            std::copy(key.begin(), key.end(), secret.begin());
            return std::make_unique<track::AesSeal>(secret);
        };
        return o;
    }
    void wait(const std::function<bool()>& is) {
        net::Timer look{loop_, [&] {
                            if (is()) loop_.stop();
                        }};
        look.every(std::chrono::milliseconds{1});
        loop_.run();
    }

    net::Loop loop_;
    redis::Client client_;
    redis::Peers peers_;
    std::size_t bytes_ = 0;
};

}  // namespace

/// redis HOST:PORT,... announce|list COUNT SONGS: what, how often, us of the processor, per second,
/// failures
int main(int argc, char** argv) {
    if (argc != 5) return 64;
    const auto location = redis::parse_location(std::string{"redis://"} + argv[1]);
    if (!location) return 64;
    std::vector<redis::Server> servers;
    for (const auto& one : *location) servers.push_back(*redis::parse_server(one, ""));
    const std::string what = argv[2];
    const auto count = static_cast<std::uint32_t>(std::atoi(argv[3])),
               songs = static_cast<std::uint32_t>(std::atoi(argv[4]));
    Bench bench{servers};
    bench.run(what.c_str(), count, [&](std::uint32_t n, std::function<void()> done) {
        what == "list" ? bench.list(n, songs, done) : bench.announce(n, songs, done);
    });
    return 0;
}
