// Chunks of which a part was heard, made whole for the next time.
#include <algorithm>

#include "listen/download_parts.hpp"

namespace stretto::listen {
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

/// While nothing else is wanted, what lacks to the ends that came: from peers, where there are
/// some; each listener asks an edge at another moment of the song, so that others have it from one.
void Download::fetch_begin() {
    if (tails_.empty() || indexing_ || begin_ || now() < not_before_) return;
    const auto begin = std::make_shared<Transfer>();
    begin->want = tails_.back().want;
    begin->want.stop = std::exchange(begin->want.begin, 0);
    begin->kbps = rendition(begin->want.rendition).kbps;
    begin->asked = now();
    begin->part.from = manifest_.samples;  // nothing of it is heard
    if (from_peers_later(begin)) return;
    begin->edge = around_.edges.current();
    if (!begin->edge) return;
    const auto tail = std::make_shared<Tail>(std::move(tails_.back()));
    tails_.pop_back();
    http::Request request;
    request.method = "GET";
    request.target = path(song::chunk_path(begin->kbps, begin->want.chunk));
    request.fields = cmcd(begin->want);
    request.fields.add("Range", text("bytes=0-", begin->want.stop - 1));
    indexing_ = true;  // one thing after the other
    http::ask(*begin->edge->upstream, std::move(request), {}, begin->want.stop,
              [this, begin, tail, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                  if (!alive.expired() && !over_now_) on_begin(*begin, std::move(*tail), got);
              });
}

/// @return whether it comes from peers, or may later
bool Download::from_peers_later(const std::shared_ptr<Transfer>& begin) {
    if (!peers_ || peers_->all().empty()) return false;
    const auto& want = begin->want;
    const auto& known = index_[static_cast<std::size_t>(want.rendition)];
    const bool has = !known.empty() && std::ranges::any_of(peers_->all(), [&](const auto& peer) {
        return !peer->banned && peer->has(begin->kbps, want.chunk);
    });
    if (!has)
        return static_cast<double>(calls_.heard().position) <
               edge_from_ * static_cast<double>(manifest_.samples);
    const auto tail = std::make_shared<Tail>(std::move(tails_.back()));
    tails_.pop_back();  // others may be noted while it comes
    PeerChunk::Calls calls;
    calls.bytes = [begin](BytesView bytes) { append(begin->data, bytes); };
    calls.reject = [this, chunk = want.chunk](Peer& peer, const char* why) {
        calls_.reject(peer.info.peer_id, chunk, why);
    };
    calls.ended = [this, begin, tail] { on_begin_of_peers(*begin, std::move(*tail), true); };
    calls.failed = [this, begin, tail] { on_begin_of_peers(*begin, std::move(*tail), false); };
    begin->peers =
        std::make_unique<PeerChunk>(around_, *peers_, of_peers(*begin), std::move(calls));
    begin_ = begin;
    return true;
}

void Download::on_begin_of_peers(Transfer& begin, Tail tail, bool whole) {
    if (begin.ended) return;
    tell_peers(begin);
    if (whole)
        keep_joined(begin, tail);
    else if (++tail.tries < most_tries)
        tails_.insert(tails_.begin(), std::move(tail));
    const auto keep_alive = std::move(begin_);
    drop(begin);
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
    keep_joined(begin, tail);
}

void Download::keep_joined(const Transfer& begin, const Tail& tail) {
    const auto& r = rendition(begin.want.rendition);
    auto chunk = begin.data;
    append(chunk, tail.bytes);
    if (sha256(chunk) != r.chunks[static_cast<std::size_t>(begin.want.chunk)].sha256) return;
    if (!around_.kept->keep(id_, song::chunk_path(r.kbps, begin.want.chunk), chunk)) return;
    session_->kept(begin.want.chunk, begin.want.rendition);
    if (around_.kept_more) around_.kept_more();
}

}  // namespace stretto::listen
