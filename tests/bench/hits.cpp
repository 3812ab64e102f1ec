// Hit ratio of the edge's eviction beside LRU, S3-FIFO and eviction by next use, on a made-up week.
// HITS_REQUESTS and HITS_SEED change the week. Exit status 1 when S3-FIFO is ahead anywhere.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cache/eviction.hpp"
#include "hits_rivals.hpp"
#include "hits_trace.hpp"

namespace {

using hits::Trace;

std::size_t heap_bytes() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// lib/cache as a server uses it: keys are hashes.
class Ours {
   public:
    Ours(const Trace& trace, std::uint64_t capacity, bool hints)
        : trace_(trace), hints_(hints), before_(heap_bytes()), cache_(capacity) {}

    bool request(std::size_t i) {
        const auto number = trace_.requests[i];
        const auto key = hash(number);
        if (cache_.hit(key)) return true;
        const auto& object = trace_.objects[number];
        using stretto::cache::Hint;
        cache_.insert(key, object.bytes,
                      hints_ ? Hint{Hint::Kind::chunk, hash(object.song), object.chunk,
                                    object.chunks, object.kbps}
                             : Hint{});
        return false;
    }
    double bytes_per_object() const {
        return static_cast<double>(heap_bytes() - before_) / static_cast<double>(cache_.size());
    }

   private:
    static std::uint64_t hash(std::uint64_t x) {
        x = (x + 1) * 0x9e3779b97f4a7c15;
        return (x ^ x >> 32) * 0xd1b54a32d192ed03;
    }

    const Trace& trace_;
    bool hints_;
    std::size_t before_;
    stretto::cache::Eviction cache_;
};

struct Score {
    double objects = 0;  ///< share of the requests, or of their bytes, that were hits
    double bytes = 0;
    double ns = 0;  ///< CPU, a request
};

template <class Cache>
Score play(const Trace& trace, Cache& cache) {
    const auto start = std::clock();  // CPU: others may be at work on this machine
    Score score;
    double all_bytes = 0;
    for (std::size_t i = 0; i < trace.requests.size(); ++i) {
        const double bytes = trace.objects[trace.requests[i]].bytes;
        all_bytes += bytes;
        if (!cache.request(i)) continue;
        score.objects += 1;
        score.bytes += bytes;
    }
    const double ns = static_cast<double>(std::clock() - start) * (1e9 / CLOCKS_PER_SEC);
    const auto requests = static_cast<double>(trace.requests.size());
    return {score.objects / requests, score.bytes / all_bytes, ns / requests};
}

void print(double percent, const char* name, const Score& score, const char* note = "") {
    std::printf("%5.1f %%  %-28s %8.2f %8.2f %10.0f  %s\n", percent, name, 100 * score.objects,
                100 * score.bytes, score.ns, note);
    std::fflush(stdout);
}

/// All caches at one size; whether ours is nowhere behind S3-FIFO.
bool compare(const Trace& trace, double percent) {
    const auto capacity =
        static_cast<std::uint64_t>(static_cast<double>(trace.distinct_bytes) * percent / 100);
    const auto show = [&](const char* name, auto cache) {
        const auto score = play(trace, cache);
        print(percent, name, score);
        return score;
    };
    show("LRU", hits::Lru{trace, capacity});
    const auto paper = show("S3-FIFO", hits::S3Fifo{trace, capacity, 2});
    const auto site = show("S3-FIFO, promotes at once", hits::S3Fifo{trace, capacity, 1});
    show("ours without hints", Ours{trace, capacity, false});
    Ours cache{trace, capacity, true};
    const auto ours = play(trace, cache);
    const auto note = std::to_string(cache.bytes_per_object()).substr(0, 5) + " B an object";
    print(percent, "ours", ours, note.c_str());
    show("next use (knows the future)", hits::NextUse{trace, capacity});
    return ours.objects >= std::max(paper.objects, site.objects) &&
           ours.bytes >= std::max(paper.bytes, site.bytes);
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main() {
    hits::Shape shape;
    shape.requests = setting("HITS_REQUESTS", shape.requests);
    shape.seed = setting("HITS_SEED", shape.seed);
    const auto trace = hits::Generator{shape}.run();
    const auto requests = static_cast<double>(trace.requests.size());
    const auto objects = static_cast<double>(trace.objects.size());
    std::printf(
        "%.1f million requests, %.2f million plays, %.0f %% of them skipped; %.2f million objects, "
        "%.0f GB; no cache can hit more than %.2f %%\n",
        requests / 1e6, static_cast<double>(trace.plays) / 1e6,
        100 * static_cast<double>(trace.skips) / static_cast<double>(trace.plays), objects / 1e6,
        static_cast<double>(trace.distinct_bytes) / 1e9, 100 * (1 - objects / requests));
    std::printf("%7s  %-28s %8s %8s %10s\n", "size", "", "objects", "bytes", "ns/request");
    bool ahead = true;
    for (const double percent : {0.1, 1.0, 10.0}) ahead = compare(trace, percent) && ahead;
    std::puts(ahead ? "ours is ahead of S3-FIFO at each size, in objects and in bytes"
                    : "ours is BEHIND S3-FIFO somewhere");
    return ahead ? 0 : 1;
}
