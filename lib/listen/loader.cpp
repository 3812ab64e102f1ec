#include "listen/loader.hpp"

#include "listen/loader_parts.hpp"

namespace stretto::listen {
namespace {

constexpr gather::Millis patience = 30000;  // with edges that all fail, and no peer that helps

}  // namespace

Loader::Loader(const Around& around, std::string song, const Options& options, Calls calls)
    : around_(around),
      song_(std::move(song)),
      options_(options),
      calls_(std::move(calls)),
      began_(static_cast<gather::Millis>(around.loop.now_ms())),
      tick_(around.loop, [this] { pump(); }),
      retry_(around.loop, [this] { std::exchange(retrying_, nullptr)(); }) {
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) start();
    });
}

Loader::~Loader() {
    if (around_.kept && !id_.empty()) around_.kept->release(id_);
}

void Loader::retry(std::chrono::milliseconds later, std::function<void()> what) {
    retrying_ = std::move(what);
    retry_.once(later);
}

/// Out of whatever callback this is.
void Loader::pump_soon() {
    if (std::exchange(pump_posted_, true)) return;
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) pump();
    });
}

void Loader::pump() {
    pump_posted_ = false;
    if (!picker_ || over_now_) return;
    if (pumping_) {
        again_ = true;
        return;
    }
    pumping_ = true;
    over_.clear();
    do {
        again_ = false;
        for (const int number : picker_->late(now())) {
            const auto found = transfers_.find(number);
            if (found == transfers_.end()) continue;
            auto transfer = found->second;
            ++outcome_.retries;
            if (transfer->link) peers_->report(*transfer->link, false, "stalled");
            if (transfer->edge) around_.edges.failed(*transfer->edge, false);
            outcome_.wasted += transfer->useless();
            end(*transfer);
        }
        for (const int number : picker_->superfluous()) drop(number);
        deliver();
        if (picker_->complete() || over_now_) break;
        const auto until = around_.edges.empty()
                               ? now() + 1000
                               : static_cast<gather::Millis>(around_.edges.pause_until());
        picker_->pause_edge(until);
        for (const auto& wanted : picker_->pick(now())) order(wanted);
    } while (again_);
    pumping_ = false;
    if (over_now_) return;
    if (picker_->complete()) {
        if (next_ == static_cast<int>(rendition_->chunks.size())) finish(0, "");
        return;
    }
    peers_->refresh(rendition_->kbps,
                    picker_->useful_peers(now()) >= 8 && picker_->peers_suffice(now()));
    peers_->poll(rendition_->kbps);
    if (picker_->useful_peers(now()) > 0) return;
    // with nobody who gives anything, patience ends
    if (transfers_.empty() && around_.edges.all_wrong())
        return finish(EX_DATAERR,
                      text("'", song_, "': what the edges give is not what the id promises"));
    if (transfers_.empty() && edge_missing_ > attempts)
        return finish(EX_UNAVAILABLE, text("nobody has all of '", song_, "'"));
    if (now() - progressed_ > patience)
        return finish(EX_TEMPFAIL, text("cannot get '", song_, "': ",
                                        edge_why_.empty() ? "nobody sends anything" : edge_why_));
}

/// Chunks to whoever wants them, in order.
void Loader::deliver() {
    const auto chunks = static_cast<int>(rendition_->chunks.size());
    while (next_ < chunks && picker_->complete(next_) && !over_now_) {
        const auto& row = rendition_->chunks[static_cast<std::size_t>(next_)];
        auto here = ready_.extract(next_);
        std::optional<Bytes> bytes;
        if (!here.empty())
            bytes = std::move(here.mapped());
        else if (around_.kept)
            bytes = around_.kept->read(id_, song::chunk_path(rendition_->kbps, next_),
                                       static_cast<std::size_t>(row.bytes), row.sha256);
        if (!bytes) {  // another program has made room meanwhile
            picker_->lost_chunk(next_);
            return;
        }
        ++next_;
        calls_.chunk(*bytes, next_ == chunks);
    }
}

void Loader::finish(int exit, const std::string& why) {
    if (over_now_) return;
    over_now_ = true;
    tick_.stop();
    for (auto& [number, transfer] : transfers_) {
        transfer->ended = true;
        transfer->fetch.reset();
    }
    transfers_.clear();
    drop_early();
    if (exit == 0 && around_.kept) around_.kept->complete(id_);
    outcome_.exit = exit;
    outcome_.why = why;
    outcome_.total_ms = now() - began_;
    // not from within what may be a callback of one of our own fetches
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) calls_.done(std::move(outcome_));
    });
}

}  // namespace stretto::listen
