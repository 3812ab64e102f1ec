// Chunks of which a part was heard, made whole for the next time.
#include <algorithm>

#include "stream/download_parts.hpp"

namespace stretto::stream {
namespace {

constexpr int most_tries = 3;  // it is for later only

}  // namespace

/// A song that is heard again should be here: the first chunk is nearly always left in the middle.
void Download::note_tail(const Transfer& transfer) {
    const auto& want = transfer.want;
    const auto k = static_cast<std::size_t>(want.chunk);
    const auto kept = [&](const auto& rendition) {
        return k < rendition.second.size() && rendition.second[k];
    };
    if (!around_.kept || std::ranges::any_of(around_.kept->chunks(id_), kept)) return;
    tails_.push_back({want, transfer.data, 0});
}

/// While nothing else is wanted, what lacks to the ends that came.
void Download::fetch_begin() {
    if (tails_.empty() || indexing_ || now() < not_before_) return;
    const auto edge = around_.edges.current();
    if (!edge) return;
    const auto tail = std::make_shared<Tail>(std::move(tails_.back()));
    tails_.pop_back();
    const auto begin = std::make_shared<Transfer>();
    begin->want = tail->want;
    begin->want.begin = 0;
    begin->want.stop = tail->want.begin;
    begin->kbps = rendition(tail->want.rendition).kbps;
    begin->edge = edge;
    begin->asked = now();
    http::Request request;
    request.method = "GET";
    request.target = path(song::chunk_path(begin->kbps, begin->want.chunk));
    request.fields = cmcd(begin->want);
    request.fields.add("Range", text("bytes=0-", begin->want.stop - 1));
    indexing_ = true;  // one thing after the other
    http::ask(*edge->upstream, std::move(request), {}, begin->want.stop,
              [this, begin, tail, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                  if (!alive.expired() && !over_now_) on_begin(*begin, std::move(*tail), got);
              });
}

void Download::on_begin(Transfer& begin, Tail tail, const http::Whole& got) {
    indexing_ = false;
    if (got.status != 206 || got.body.size() != begin.want.stop) {
        around_.edges.failed(*begin.edge, false);
        if (++tail.tries < most_tries) tails_.push_back(std::move(tail));
        return;
    }
    begin.data = got.body;
    if (const auto* cache = got.fields.find("X-Cache")) begin.cache = *cache;
    tell(begin, 0);
    const auto& r = rendition(begin.want.rendition);
    auto chunk = begin.data;
    append(chunk, tail.bytes);
    if (sha256(chunk) != r.chunks[static_cast<std::size_t>(begin.want.chunk)].sha256) return;
    if (!around_.kept->keep(id_, song::chunk_path(r.kbps, begin.want.chunk), chunk)) return;
    session_->kept(begin.want.chunk, begin.want.rendition);
    if (around_.kept_more) around_.kept_more();
}

}  // namespace stretto::stream
