#include "edge/stream.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "ogg/join.hpp"

namespace stretto::edge {
namespace {

constexpr std::size_t slice_bytes = 32u << 10;

Route route_of(const StreamPlan& plan, std::size_t chunk) {
    return {Route::rendition_chunk, plan.manifest->id, plan.kbps, static_cast<std::int64_t>(chunk)};
}

std::uint32_t serial_of(const StreamPlan& plan) { return static_cast<std::uint32_t>(plan.kbps); }

Result<std::shared_ptr<const StreamPlan>> make_plan(std::shared_ptr<const song::Manifest> manifest,
                                                    int kbps, BytesView first_chunk) {
    ogg::ChunkReader reader;
    if (const auto facts = reader.read(first_chunk); !facts) return facts.error();
    auto plan = std::make_shared<StreamPlan>();
    plan->kbps = kbps;
    plan->manifest = std::move(manifest);
    ogg::Joiner joiner{serial_of(*plan), song::comments_of_tags(plan->manifest->tags)};
    joiner.head(plan->head, reader.headers());
    plan->head_pages = joiner.pages();
    std::uint64_t at = plan->head.size();
    std::uint32_t pages = plan->head_pages;
    for (const auto& row : plan->manifest->rendition(kbps)->chunks) {
        plan->starts.push_back(at);
        plan->pages.push_back(pages);
        at += static_cast<std::uint64_t>(row.body_bytes);
        pages += static_cast<std::uint32_t>(row.body_pages);
    }
    plan->starts.push_back(at);
    plan->etag =
        text('"', plan->manifest->id, '-', kbps, '-', hex(sha256(plan->head)).substr(0, 16), '"');
    return std::shared_ptr<const StreamPlan>{std::move(plan)};
}

/// Sends chunk after chunk. Callbacks after its end do nothing. It keeps a joined chunk until all
/// of it is sent; where all streams together keep a lot, it keeps a slice, and joins the chunk
/// again for the next one.
class StreamBody : public http::Body {
   public:
    StreamBody(Objects& objects, net::Loop& loop, std::shared_ptr<const StreamPlan> plan,
               http::ByteRange range, std::shared_ptr<StreamPlans::Joined> joined)
        : objects_(objects),
          loop_(loop),
          plan_(std::move(plan)),
          joined_(std::move(joined)),
          at_(range.first),
          end_(range.first + range.length) {}

    std::size_t held() const noexcept override { return slice_bytes; }

    State next(http::Slice& slice, const std::function<void()>& wake) override {
        if (at_ >= end_) return State::end;
        if (at_ < plan_->head.size()) {
            give(slice, plan_->head, 0, plan_);
            return State::ready;
        }
        const auto after = std::upper_bound(plan_->starts.begin(), plan_->starts.end(), at_);
        const auto chunk = static_cast<std::size_t>(after - plan_->starts.begin()) - 1;
        if (!pages_ || chunk != chunk_) {
            if (!begin(chunk, wake)) return State::wait;
            if (!pages_) return State::broken;
        }
        if (joined_->bytes.load() > joined_->most) {
            give_copy(slice, *pages_, plan_->starts[chunk]);
            pages_.reset();
        } else {
            give(slice, *pages_, plan_->starts[chunk], pages_);
        }
        return State::ready;
    }

   private:
    /// What crosses to callbacks that may come after we are gone.
    struct Pending {
        bool called = false;
        std::optional<Bytes> bytes;
        std::function<void()> wake;  // set once next() has said `wait`
    };

    /// Bytes of `from`, which begins at byte `start` of the file, from at_ on.
    void give(http::Slice& slice, const Bytes& from, std::uint64_t start,
              std::shared_ptr<const void> owner) {
        const std::uint64_t offset = at_ - start;
        const std::uint64_t n = std::min<std::uint64_t>(from.size() - offset, end_ - at_);
        slice.bytes = BytesView{from}.subspan(offset, n);
        slice.owner = std::move(owner);
        at_ += n;
    }

    void give_copy(http::Slice& slice, const Bytes& from, std::uint64_t start) {
        const auto at = from.begin() + static_cast<std::ptrdiff_t>(at_ - start);
        const auto n = std::min<std::uint64_t>(from.end() - at, slice_bytes);
        auto copy = std::make_shared<const Bytes>(at, at + static_cast<std::ptrdiff_t>(n));
        const auto& bytes = *copy;
        give(slice, bytes, at_, std::move(copy));
    }

    /// @return whether it is known by now; pages_ is empty when the chunk cannot be had
    bool begin(std::size_t chunk, const std::function<void()>& wake) {
        if (!pending_) {
            pages_.reset();
            chunk_ = chunk;
            again_ = false;
            ask();
        }
        // no client has received a byte of it yet, so it can be requested again unnoticed
        if (pending_->called && !pending_->bytes && !std::exchange(again_, true)) ask();
        if (!pending_->called) {
            pending_->wake = wake;
            return false;
        }
        const auto pending = std::exchange(pending_, nullptr);
        if (pending->bytes) join(*pending->bytes);
        if (pages_ && chunk + 2 < plan_->starts.size() && plan_->starts[chunk + 1] < end_)
            objects_.get(route_of(*plan_, chunk + 1), [](const Found&) {});
        return true;
    }

    void ask() {
        pending_ = std::make_shared<Pending>();
        objects_.get(route_of(*plan_, chunk_), [&loop = loop_, mine = pending_](Found found) {
            read_whole(loop, std::move(found), song::most_chunk_bytes,
                       [mine](std::optional<Bytes> bytes, int, const std::string&) {
                           mine->called = true;
                           mine->bytes = std::move(bytes);
                           if (mine->wake) mine->wake();
                       });
        });
    }

    void join(BytesView chunk) {
        ogg::ChunkReader reader;
        const auto facts = reader.read(chunk);
        const auto& starts = plan_->starts;
        if (!facts) return;
        ogg::Joiner joiner{serial_of(*plan_), {}};
        joiner.resume(plan_->pages[chunk_],
                      static_cast<std::int64_t>(chunk_) * plan_->manifest->chunk_samples);
        // counted by its own end, which may come after ours: a slice of it may be under way
        const std::shared_ptr<Bytes> pages{new Bytes, [joined = joined_](const Bytes* bytes) {
                                               joined->bytes -= bytes->capacity();
                                               delete bytes;
                                           }};
        joiner.add(*pages, chunk, *facts, reader.headers(), chunk_ + 2 == starts.size());
        joined_->bytes += pages->capacity();
        if (pages->size() == starts[chunk_ + 1] - starts[chunk_]) pages_ = pages;
    }

    Objects& objects_;
    net::Loop& loop_;
    std::shared_ptr<const StreamPlan> plan_;
    std::shared_ptr<StreamPlans::Joined> joined_;
    std::uint64_t at_, end_;
    std::size_t chunk_ = 0;               // of pages_
    std::shared_ptr<const Bytes> pages_;  // of the file
    std::shared_ptr<Pending> pending_;
    bool again_ = false;  // it was asked for a second time
};

}  // namespace

void StreamPlans::get(Objects& objects, net::Loop& loop,
                      std::shared_ptr<const song::Manifest> manifest, int kbps, Done done) {
    const Key key{manifest->id, kbps, manifest->tags};
    {
        std::unique_lock lock{mutex_};
        const auto known = known_.find(key);
        if (known != known_.end()) {
            const auto plan = known->second;
            lock.unlock();
            return done(plan, 200, "");
        }
    }
    const Route first{Route::rendition_chunk, manifest->id, kbps, 0};
    objects.get(first, [=, this, &loop, done = std::move(done)](Found found) {
        read_whole(
            loop, std::move(found), song::most_chunk_bytes,
            [=, this](const std::optional<Bytes>& bytes, int status, const std::string& why) {
                if (!bytes) return done(nullptr, status, why);
                auto plan = make_plan(manifest, kbps, *bytes);
                if (!plan) return done(nullptr, 502, plan.error().why);
                {
                    const std::lock_guard lock{mutex_};
                    if (known_.size() >= most) known_.clear();
                    known_[key] = *plan;
                }
                done(*plan, 200, "");
            });
    });
}

std::unique_ptr<http::Body> StreamPlans::body(Objects& objects, net::Loop& loop,
                                              std::shared_ptr<const StreamPlan> plan,
                                              http::ByteRange range) const {
    return std::make_unique<StreamBody>(objects, loop, std::move(plan), range, joined_);
}

}  // namespace stretto::edge
