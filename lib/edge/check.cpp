#include "edge/check.hpp"

#include <algorithm>

#include "edge/gzip.hpp"
#include "edge/route.hpp"
#include "http/repr_digest.hpp"
#include "song/id.hpp"
#include "song/index.hpp"
#include "song/lookup.hpp"

namespace stretto::edge {
namespace {

using Length = std::optional<std::uint64_t>;

constexpr std::uint64_t held_back = 16u << 10;

/// All but the end of the whole; where that is not known, of what there is.
std::uint64_t less_held_back(std::uint64_t size, Length length) {
    const auto all = length.value_or(size);
    return std::min(size, all > held_back ? all - held_back : 0);
}

/// The whole manifest is held back: it is small, and its id proves it.
class ManifestCheck : public Check {
   public:
    ManifestCheck(std::string id, bool gzip) : id_(std::move(id)), gzip_(gzip) {}

    void add(BytesView bytes) override {
        if (bytes_.size() <= song::most_manifest_bytes) append(bytes_, bytes);
    }
    std::uint64_t releasable(std::uint64_t, Length) const override { return 0; }
    void finish(std::function<void(Verdict)> done) override {
        if (gzip_) bytes_ = gunzip(bytes_, song::most_manifest_bytes).value_or(Bytes{});
        const bool right{song::parse_manifest_of(id_, as_text(bytes_))};
        bytes_ = {};
        done(right ? Verdict::right : Verdict::wrong);
    }

   private:
    std::string id_;
    bool gzip_;
    Bytes bytes_;
};

/// Held against the digest that came with it.
class DigestCheck : public Check {
   public:
    explicit DigestCheck(const Digest& digest) : digest_(digest) {}
    void add(BytesView bytes) override { sum_.add(bytes); }
    std::uint64_t releasable(std::uint64_t size, Length length) const override {
        return less_held_back(size, length);
    }
    void finish(std::function<void(Verdict)> done) override {
        done(sum_.finish() == digest_ ? Verdict::right : Verdict::wrong);
    }

   private:
    Digest digest_;
    Sha256 sum_;
};

/// One after the other; the worst verdict counts.
class BothChecks : public Check {
   public:
    BothChecks(std::unique_ptr<Check> one, std::unique_ptr<Check> other)
        : one_(std::move(one)), other_(std::move(other)) {}
    void add(BytesView bytes) override {
        one_->add(bytes);
        other_->add(bytes);
    }
    std::uint64_t releasable(std::uint64_t size, Length length) const override {
        return std::min(one_->releasable(size, length), other_->releasable(size, length));
    }
    void finish(std::function<void(Verdict)> done) override {
        one_->finish([this, done = std::move(done)](Verdict one) {
            other_->finish([one, done](Verdict other) { done(std::max(one, other)); });
        });
    }

   private:
    std::unique_ptr<Check> one_, other_;
};

/// A chunk or an index: its hash is in the manifest, which is asked for while it comes.
class HashCheck : public Check {
   public:
    HashCheck(Route route, Manifests& manifests, Objects& objects, net::Loop& loop)
        : shared_(std::make_shared<State>(std::move(route), manifests, objects, loop)) {
        shared_->ask();
    }

    void add(BytesView bytes) override { shared_->sum.add(bytes); }
    std::uint64_t releasable(std::uint64_t size, Length length) const override {
        return less_held_back(size, length);
    }
    void finish(std::function<void(Verdict)> done) override {
        shared_->digest = shared_->sum.finish();
        shared_->done = std::move(done);
        shared_->decide();
    }

   private:
    struct State : std::enable_shared_from_this<State> {
        State(Route where, Manifests& all, Objects& from, net::Loop& on)
            : route(std::move(where)), manifests(all), objects(from), loop(on) {}

        Route route;
        Manifests& manifests;
        Objects& objects;
        net::Loop& loop;
        Sha256 sum;
        std::optional<Digest> digest;
        int asked = 0;
        bool known = false;
        Song song;
        std::function<void(Verdict)> done;

        void ask() {
            ++asked;
            known = false;
            manifests.get(objects, loop, route.song, [state = shared_from_this()](Song song) {
                state->song = std::move(song);
                state->known = true;
                state->decide();
            });
        }
        void decide() {
            if (!known || !digest || !done) return;
            const auto result = verdict();
            // that may be long ago: upstream is better now, or we should not have the body
            if (result == Verdict::unavailable && asked == 1) return ask();
            std::exchange(done, nullptr)(result);
        }
        Verdict verdict() const {
            if (!song.manifest)
                return song.status == 404 || song.status == 410 ? Verdict::unknown
                                                                : Verdict::unavailable;
            const auto* rendition = song.manifest->rendition(route.kbps);
            if (!rendition) return Verdict::wrong;
            if (route.kind == Route::index)
                return *digest == rendition->index_sha256 ? Verdict::right : Verdict::wrong;
            const auto k = static_cast<std::size_t>(route.chunk);
            return k < rendition->chunks.size() && *digest == rendition->chunks[k].sha256
                       ? Verdict::right
                       : Verdict::wrong;
        }
    };
    std::shared_ptr<State> shared_;
};

/// By the song's id in the path. What stands under a name may be anything at a server that is not
/// ours.
std::unique_ptr<Check> check_of_id(const Route& route, bool gzip, Manifests& manifests,
                                   Objects& objects, net::Loop& loop) {
    if (!song::is_id(route.song)) return nullptr;
    if (route.kind == Route::manifest) return std::make_unique<ManifestCheck>(route.song, gzip);
    if (Digest digest{}; route.kind == Route::cover && parse_hex(route.hash, digest))
        return std::make_unique<DigestCheck>(digest);
    if (route.kind == Route::rendition_chunk || route.kind == Route::index)
        return std::make_unique<HashCheck>(route, manifests, objects, loop);
    return nullptr;
}

}  // namespace

std::unique_ptr<Check> check_of(const Route& route, const http::Fields& fields,
                                Manifests& manifests, Objects& objects, net::Loop& loop) {
    auto by_id = check_of_id(route, fields.has("Content-Encoding"), manifests, objects, loop);
    const auto digest = http::repr_digest(fields);
    if (!digest) return by_id;
    auto by_digest = std::make_unique<DigestCheck>(*digest);
    if (!by_id) return by_digest;
    return std::make_unique<BothChecks>(std::move(by_id), std::move(by_digest));
}

}  // namespace stretto::edge
