// The first chunk, asked for beside the manifest: where no tracker says in one round trip all that
// a song is, its first byte would come one later.
#include "listen/loader_parts.hpp"

namespace stretto::listen {

struct Loader::Early {
    std::weak_ptr<Edges::Edge> edge;  // which owns the fetch, and so this
    gather::Millis started = 0;
    std::optional<http::Response> head;
    Bytes data;
    bool whole = false, of_no_use = false;
    std::shared_ptr<Transfer> transfer;  // that goes on with it
};

/// By the rate rather than a rendition, which only the manifest tells. Nothing hangs on it: a
/// server that knows no such URL says 404, and the chunk is asked for like the others.
void Loader::ask_first_chunk() {
    const auto edge = around_.edges.current();
    if (!edge || over_now_ || (around_.kept && !around_.kept->chunks(song_).empty())) return;
    const auto early = std::make_shared<Early>();
    early->edge = edge;
    early->started = now();
    early_ = early;
    http::FetchCalls calls;
    const std::weak_ptr alive{alive_};
    calls.head = [this, alive, early](http::Response&& head) {
        if (alive.expired() || early->of_no_use) return;
        early->head = std::move(head);
        if (early->transfer) begin_with(*early);
    };
    calls.data = [this, alive, early](BytesView bytes) {
        if (alive.expired() || early->of_no_use) return false;
        if (const auto transfer = early->transfer)
            return !transfer->ended && on_data(*transfer, bytes);
        append(early->data, bytes);
        return early->data.size() <= song::most_chunk_bytes;
    };
    calls.end = [this, alive, early](const http::Failure* failure) {
        if (alive.expired() || early->of_no_use) return;
        early->whole = !failure;
        const auto transfer = early->transfer;
        if (!transfer)
            early->of_no_use = failure != nullptr;
        else if (!transfer->ended)
            on_end(*transfer, failure);
    };
    early_fetch_ = edge->upstream->fetch({"GET",
                                          text("/songs/", song_, "/chunk_0.ogg"),
                                          1,
                                          {{"X-User-Bitrate", std::to_string(options_.kbps)}}},
                                         {}, std::move(calls));
}

/// An order for what is coming already. @return false: nothing is
bool Loader::go_on_with_early(const std::shared_ptr<Transfer>& transfer) {
    if (!early_ || early_->of_no_use || transfer->edge != early_->edge.lock() || !transfer->whole ||
        transfer->order.chunk != 0)
        return false;
    const auto early = std::exchange(early_, nullptr);
    transfer->started = early->started;
    transfer->fetch = std::move(early_fetch_);
    early->transfer = transfer;
    if (early->head) begin_with(*early);
    return true;
}

/// Its head is here, and whose chunk it should be is known.
void Loader::begin_with(Early& early) {
    const auto transfer = early.transfer;
    const auto* length = early.head->fields.find("Content-Length");
    if (early.head->status != 200 || !length ||
        *length != std::to_string(transfer->order.stop - transfer->order.begin)) {
        early.of_no_use = true;  // and no fault of the edge
        picker_->failed(transfer->order.number, gather::Fault::busy, now());
        end(*transfer);
        return pump_soon();
    }
    on_head(*transfer, *early.head);
    const auto data = std::exchange(early.data, {});
    if (!data.empty() && !on_data(*transfer, data)) return;
    if (early.whole && !transfer->ended) on_end(*transfer, nullptr);
}

/// Nobody wants it.
void Loader::drop_early() {
    if (const auto early = std::exchange(early_, nullptr)) {
        early->of_no_use = true;
        outcome_.wasted += early->data.size();
        over_.push_back(std::move(early_fetch_));
    }
}

}  // namespace stretto::listen
