// The tracker's state with ten million entries: memory for each, and the longest that anybody waits
// while they come, are asked for, and expire.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>

#include "base/digest.hpp"
#include "base/heap.hpp"
#include "swarm/memory.hpp"
#include "track/seal.hpp"

using namespace stretto;
using namespace stretto::swarm;

namespace {

struct Size {
    int peers = 1'000'000, songs_a_peer = 10, songs = 100'000;
};

double resident_mb() {
    std::ifstream statm{"/proc/self/statm"};
    long all = 0, resident = 0;
    statm >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Of this thread's own time: what others take of the processor meanwhile is no pause of ours.
double now_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// How long calls take.
class Watch {
   public:
    template <class Call>
    auto time(Call call) {
        const double began = now_us();
        struct After {
            Watch& watch;
            double began;
            ~After() { watch.add(now_us() - began); }
        } after{*this, began};
        return call();
    }
    void tell(const char* what) {
        std::ranges::sort(us_);
        double sum = 0;
        for (const double us : us_) sum += us;
        const auto at = [&](double share) {
            return us_[static_cast<std::size_t>(share * static_cast<double>(us_.size() - 1))];
        };
        std::printf("%-28s %9zu   mean %7.2f us   p99 %7.2f us   longest %6.3f ms\n", what,
                    us_.size(), sum / static_cast<double>(us_.size()), at(0.99), us_.back() / 1000);
        us_.clear();
    }

   private:
    void add(double us) { us_.push_back(us); }
    std::vector<double> us_;
};

std::vector<std::string> make_ids(int n) {
    std::vector<std::string> ids;
    for (int i = 0; i < n; ++i)
        ids.push_back(base32(sha256(as_bytes(std::to_string(i)))).substr(0, 32));
    return ids;
}

/// Each in a /48 of its own.
Endpoint address(int i) {
    Endpoint at;
    at.ip.bytes[0] = 0x20;
    for (int b = 0; b < 4; ++b)
        at.ip.bytes[static_cast<std::size_t>(2 + b)] = static_cast<std::uint8_t>(i >> (8 * b));
    at.ip.bytes[15] = 1;
    at.port = 8490;
    return at;
}

Location place(std::mt19937& random) {
    std::uniform_real_distribution<float> lat{-50, 65}, lon{-180, 180};
    return rounded({lat(random), lon(random)});
}

/// What a peer says.
struct Told {
    Location place;
    std::vector<int> songs;
};

std::vector<Told> make_told(const Size& size, std::mt19937& random) {
    std::vector<Told> all(static_cast<std::size_t>(size.peers));
    for (auto& one : all) {
        one.place = place(random);
        while (one.songs.size() < static_cast<std::size_t>(size.songs_a_peer)) {
            const int song = static_cast<int>(random() % static_cast<unsigned>(size.songs));
            if (std::ranges::count(one.songs, song) == 0) one.songs.push_back(song);
        }
    }
    return all;
}

}  // namespace

int main() {
    free_without_delay();  // as the tracker does
    const Size size;
    const auto ids = make_ids(size.songs);
    const Layout layout{{96, 160, 320}, 21};
    const Have have{{160, {{0, 20}}}, {320, {{0, 9}}}};
    std::mt19937 random{1};
    Watch watch;
    watch.time([] {});
    for (int i = 0; i < 2 * size.peers; ++i) watch.time([] {});  // its memory is there already
    watch.tell("(the clock)");

    auto told = make_told(size, random);
    const double before = resident_mb();
    std::uint64_t now = 3'600'000;
    PeersLimits limits;
    limits.ttl_s = 300;
    MemoryPeers peers{limits, 0x030201,
                      std::make_unique<track::AesSeal>(track::AesSeal::Secret{1, 2, 3}), now};
    char name[17];
    const auto announce = [&](int i) {
        std::snprintf(name, sizeof name, "%016llx",
                      static_cast<unsigned long long>(i) * 0x9e3779b97f4a7c15);
        const auto& [where, songs] = told[static_cast<std::size_t>(i)];
        Announce said{name, 8490, where, 5000, {}};
        for (const int song : songs) said.songs[ids[static_cast<std::size_t>(song)]] = have;
        return said;
    };
    for (int i = 0; i < size.peers; ++i) {
        const auto said = announce(i);
        const auto at = address(i);
        watch.time([&] {
            const auto result = peers.announce(at, said, now);
            for (const auto& id : result.unknown) peers.has(at, result.stamp, id, layout, have);
        });
        peers.proved(at, true, now);
    }
    watch.tell("announces of new peers");
    const auto entries = peers.stats().entries;
    const double grown = resident_mb() - before;
    std::printf("%llu entries: %.0f MB, %.1f bytes each\n",
                static_cast<unsigned long long>(entries), grown,
                grown * 1e6 / static_cast<double>(entries));

    for (int i = 0; i < 300'000; ++i) {
        const PeersQuery query{ids[random() % ids.size()], 320, 3, {}, 16, "", 0};
        const Asker asker{address(static_cast<int>(random() % 1000000)).ip, place(random)};
        watch.time([&] { peers.list(query, asker, now, [](auto&&) {}); });
    }
    watch.tell("lists of 16");
    now += 100'000;
    /// A tenth of all, in no order that a cache would like.
    const auto again = [&](const char* what, auto change) {
        for (int k = 0; k < size.peers / 10; ++k) {
            const int who = static_cast<int>(random() % static_cast<unsigned>(size.peers));
            change(told[static_cast<std::size_t>(who)]);
            const auto said = announce(who);
            watch.time([&] {
                const auto result = peers.announce(address(who), said, now);
                for (const auto& id : result.unknown)
                    peers.has(address(who), result.stamp, id, layout, have);
            });
        }
        watch.tell(what);
    };
    const auto any = [&] { return static_cast<int>(random() % static_cast<unsigned>(size.songs)); };
    again("announces, the same songs", [](Told&) {});
    again("announces, one song is new", [&](Told& one) { one.songs[random() % 10] = any(); });
    again("announces, all songs are new", [&](Told& one) {
        for (int& song : one.songs) song = any();
    });

    for (int i = 0; i < 20; ++i) watch.time([&] { peers.biggest(50); });
    watch.tell("the biggest swarms");

    now += 400'000;  // all are due in the same second
    bool more = true;
    while (more) watch.time([&] { more = peers.expire(now); });
    watch.tell("turns of expiry");
    const bool small = grown * 1e6 / static_cast<double>(entries) <= 64;
    if (peers.stats().entries != 0 || !small) return EXIT_FAILURE;
}
