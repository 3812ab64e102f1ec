#include "edge/check.hpp"

#include <zlib.h>

#include "edge/route.hpp"
#include "song/id.hpp"
#include "song/index.hpp"

namespace stretto::edge {
namespace {

constexpr std::uint64_t held_back = 16u << 10;

/// nullopt when it is damaged or longer than `most`.
std::optional<Bytes> gunzip(BytesView bytes, std::size_t most) {
    z_stream z{};
    constexpr int window_gzip = 15 + 16;
    if (inflateInit2(&z, window_gzip) != Z_OK) return {};
    Bytes out;
    z.next_in = const_cast<Bytef*>(bytes.data());
    z.avail_in = static_cast<uInt>(bytes.size());
    int code = Z_OK;
    while (code == Z_OK && out.size() <= most) {
        const std::size_t had = out.size();
        out.resize(had + 65536);
        z.next_out = out.data() + had;
        z.avail_out = 65536;
        code = inflate(&z, Z_NO_FLUSH);
        out.resize(out.size() - z.avail_out);
        if (code == Z_OK && z.avail_in == 0 && z.avail_out != 0) break;  // cut short
    }
    inflateEnd(&z);
    if (code != Z_STREAM_END || out.size() > most) return {};
    return out;
}

/// The whole manifest is held back: it is small, and its id proves it.
class ManifestCheck : public Check {
   public:
    ManifestCheck(std::string id, bool gzip) : id_(std::move(id)), gzip_(gzip) {}

    void add(BytesView bytes) override {
        if (bytes_.size() <= song::most_manifest_bytes) append(bytes_, bytes);
    }
    std::uint64_t releasable(std::uint64_t) const override { return 0; }
    void finish(std::function<void(Verdict)> done) override {
        if (gzip_) bytes_ = gunzip(bytes_, song::most_manifest_bytes).value_or(Bytes{});
        const auto manifest = song::parse_manifest(as_text(bytes_));
        bytes_ = {};
        done(manifest && manifest->id == id_ ? Verdict::right : Verdict::wrong);
    }

   private:
    std::string id_;
    bool gzip_;
    Bytes bytes_;
};

/// A chunk or an index: its hash is in the manifest, which is asked for while it comes.
class HashCheck : public Check {
   public:
    HashCheck(Route route, Manifests& manifests, Objects& objects, net::Loop& loop)
        : shared_(std::make_shared<State>()) {
        shared_->route = std::move(route);
        manifests.get(objects, loop, shared_->route.song, [state = shared_](Song song) {
            state->song = std::move(song);
            state->known = true;
            state->decide();
        });
    }

    void add(BytesView bytes) override { shared_->sum.add(bytes); }
    std::uint64_t releasable(std::uint64_t size) const override {
        return size > held_back ? size - held_back : 0;
    }
    void finish(std::function<void(Verdict)> done) override {
        shared_->digest = shared_->sum.finish();
        shared_->done = std::move(done);
        shared_->decide();
    }

   private:
    struct State {
        Route route;
        Sha256 sum;
        std::optional<Digest> digest;
        bool known = false;
        Song song;
        std::function<void(Verdict)> done;

        void decide() {
            if (!known || !digest || !done) return;
            std::exchange(done, nullptr)(verdict());
        }
        Verdict verdict() const {
            if (!song.manifest) return Verdict::unknown;
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

}  // namespace

std::unique_ptr<Check> check_of(const std::string& key, bool gzip, Manifests& manifests,
                                Objects& objects, net::Loop& loop) {
    auto where = route(key);
    if (!song::is_id(where.song)) return nullptr;
    if (where.kind == Route::manifest) return std::make_unique<ManifestCheck>(where.song, gzip);
    if (where.kind == Route::rendition_chunk || where.kind == Route::index)
        return std::make_unique<HashCheck>(std::move(where), manifests, objects, loop);
    return nullptr;
}

}  // namespace stretto::edge
