// A loader's transfers: what is asked of whom, checked piece by piece as it comes.
#include <algorithm>

#include "listen/loader_parts.hpp"
#include "listen/ranges.hpp"

namespace stretto::listen {
namespace {

constexpr int near = 4;  // chunks ahead of the one to hand on that stay in memory

}  // namespace

void Loader::order(const gather::Order& wanted) {
    auto transfer = std::make_shared<Transfer>();
    transfer->order = wanted;
    transfer->started = now();
    transfer->next_piece = wanted.first;
    const auto& row = rendition_->chunks[static_cast<std::size_t>(wanted.chunk)];
    transfer->whole = wanted.begin == 0 && wanted.stop == static_cast<std::uint32_t>(row.bytes);
    http::Upstream* upstream = nullptr;
    if (wanted.source == gather::Order::edge) {
        transfer->edge = around_.edges.current();
        if (transfer->edge) upstream = transfer->edge->upstream.get();
    } else {
        transfer->link = peers_->at(wanted.source);
        upstream = transfer->link->upstream.get();
    }
    transfers_[wanted.number] = transfer;
    if (!upstream) return fail(*transfer, gather::Fault::broken);
    if (go_on_with_early(transfer)) return;
    http::Request request{"GET", path(song::chunk_path(rendition_->kbps, wanted.chunk)), 1, {}};
    if (!transfer->whole)
        request.fields.add("Range", text("bytes=", wanted.begin, "-", wanted.stop - 1));
    auto calls = while_it_lasts(
        alive_, transfer, [this](Transfer& t, const http::Response& head) { on_head(t, head); },
        [this](Transfer& t, BytesView bytes) { return on_data(t, bytes); },
        [this](Transfer& t, const http::Failure* failure) { on_end(t, failure); });
    transfer->fetch = upstream->fetch(request, {}, std::move(calls));
}

void Loader::on_head(Transfer& transfer, const http::Response& head) {
    if (transfer.link) peers_->note_have(*transfer.link, rendition_->kbps, head.fields);
    if (const auto* cache = head.fields.find("X-Cache")) transfer.cache = *cache;
    const auto& order = transfer.order;
    const auto skip = skipped(head, order.begin, order.stop);
    if (skip && (head.status == 200 || !transfer.whole)) {
        transfer.skip = *skip;
        transfer.longer = head.status == 200 && !transfer.whole;
        return;
    }
    edge_why_ = text("the server says ", head.status, " ", http::reason(head.status));
    if (transfer.edge) edge_missing_ = head.status == 404 ? edge_missing_ + 1 : 0;
    fail(transfer, fault_of(head.status));
}

BytesView Loader::piece_of(int chunk, int piece, BytesView from, std::uint32_t begin) const {
    const auto& pieces = (*index_)[static_cast<std::size_t>(chunk)];
    const auto at = static_cast<std::size_t>(piece);
    const auto first = pieces[at].offset;
    const auto end =
        at + 1 < pieces.size()
            ? pieces[at + 1].offset
            : static_cast<std::uint32_t>(rendition_->chunks[static_cast<std::size_t>(chunk)].bytes);
    if (end - begin > from.size()) return {};
    return from.subspan(first - begin, end - first);
}

/// Pieces that are whole by now. @return false: one is wrong, and the transfer has failed
bool Loader::take_pieces(Transfer& transfer) {
    const auto& order = transfer.order;
    while (index_ && transfer.next_piece < order.end) {
        const int i = transfer.next_piece;
        const auto bytes = piece_of(order.chunk, i, transfer.data, order.begin);
        if (bytes.empty()) return true;
        const auto& piece =
            (*index_)[static_cast<std::size_t>(order.chunk)][static_cast<std::size_t>(i)];
        if (song::piece_hash(bytes) != piece.hash) {
            fail(transfer, gather::Fault::wrong);
            return false;
        }
        ++transfer.next_piece;
        if (picker_->complete(order.chunk) || picker_->has_piece(order.chunk, i)) {
            outcome_.wasted += bytes.size();
            picker_->piece_done(order.number, i, now());
            continue;
        }
        auto& chunk = partial_[order.chunk];
        chunk.resize(static_cast<std::size_t>(
            rendition_->chunks[static_cast<std::size_t>(order.chunk)].bytes));
        std::ranges::copy(bytes, chunk.begin() + piece.offset);
        transfer.useful += bytes.size();
        outcome_.bytes[transfer.link ? 1 : 2] += bytes.size();
        if (transfer.link) transfer.link->bytes += bytes.size();
        if (outcome_.first_byte_ms < 0) outcome_.first_byte_ms = now() - began_;
        progressed_ = now();
        picker_->piece_done(order.number, i, now());
        if (transfer.next_piece == order.end) tell(transfer);
        if (picker_->complete(order.chunk)) chunk_done(order.chunk);
    }
    return true;
}

bool Loader::on_data(Transfer& transfer, BytesView bytes) {
    const auto& order = transfer.order;
    picker_->received(order.number, static_cast<std::uint32_t>(bytes.size()), now());
    if (transfer.edge) progressed_ = now();
    const auto skipped = std::min<std::uint64_t>(transfer.skip, bytes.size());
    transfer.skip -= skipped;
    bytes = bytes.subspan(skipped);
    const std::size_t room = order.stop - order.begin - transfer.data.size();
    // an edge that answers with the whole chunk has more behind; a peer may not
    if (bytes.size() > room && transfer.link) {
        fail(transfer, gather::Fault::wrong);
        return false;
    }
    append(transfer.data, bytes.first(std::min(room, bytes.size())));
    if (!take_pieces(transfer)) return false;
    if (transfer.edge && picker_->edge_wanted(now())) pump_soon();
    // the end of the message follows, after which the connection is good for another; but not where
    // the answer goes on behind what was asked for
    if (transfer.longer && transfer.data.size() == order.stop - order.begin)
        on_end(transfer, nullptr);
    return true;
}

void Loader::on_end(Transfer& transfer, const http::Failure* failure) {
    const auto& order = transfer.order;
    if (failure || transfer.data.size() < order.stop - order.begin) {
        edge_why_ = failure ? failure->why : "the answer was cut short";
        return fail(transfer, gather::Fault::broken);
    }
    if (!index_) {  // a whole chunk, from an edge
        const auto& row = rendition_->chunks[static_cast<std::size_t>(order.chunk)];
        if (sha256(transfer.data) != row.sha256) return fail(transfer, gather::Fault::wrong);
        if (!picker_->complete(order.chunk)) {
            partial_[order.chunk] = transfer.data;
            transfer.useful = transfer.data.size();
            outcome_.bytes[2] += transfer.data.size();
            if (outcome_.first_byte_ms < 0) outcome_.first_byte_ms = now() - began_;
            picker_->have_chunk(order.chunk);
            chunk_done(order.chunk);
        }
    } else if (transfer.next_piece < order.end && !take_pieces(transfer)) {
        return;
    }
    picker_->finished(order.number, now());
    if (transfer.edge) {
        around_.edges.worked(*transfer.edge);
        edge_missing_ = 0;
    }
    if (transfer.link) {
        transfer.link->ms += now() - transfer.started;
        peers_->report(*transfer.link, true, "");
    }
    tell(transfer);
    end(transfer);
    pump();
}

/// Who brought it; once, when its last byte has proved right.
void Loader::tell(Transfer& transfer) {
    if (transfer.told || !calls_.gave) return;
    transfer.told = true;
    const auto& order = transfer.order;
    calls_.gave({order.chunk, order.first, order.end,
                 transfer.link ? "peer " + transfer.link->info.url
                               : text("edge ", transfer.edge->name,
                                      transfer.cache.empty() ? "" : " ", transfer.cache),
                 now() - transfer.started, transfer.data.size()});
}

void Loader::fail(Transfer& transfer, gather::Fault fault) {
    if (fault != gather::Fault::missing && fault != gather::Fault::busy) ++outcome_.retries;
    outcome_.wasted += transfer.useless();
    picker_->failed(transfer.order.number, fault, now());
    if (transfer.link) {
        if (fault == gather::Fault::wrong) {
            ++outcome_.bans;
            peers_->ban(*transfer.link);
        } else if (fault == gather::Fault::broken) {
            peers_->report(*transfer.link, false, "broken");
        }
    } else {
        if (transfer.edge) around_.edges.failed(*transfer.edge, fault == gather::Fault::wrong);
    }
    end(transfer);
    pump_soon();
}

/// What others have brought meanwhile.
void Loader::drop(int number) {
    const auto found = transfers_.find(number);
    if (found == transfers_.end()) return;
    const auto transfer = found->second;
    if (transfer->data.size() == transfer->order.stop - transfer->order.begin)
        return;  // at its end
    outcome_.wasted += transfer->useless();
    picker_->failed(number, gather::Fault::busy, now() - 1000);
    end(*transfer);
}

void Loader::end(Transfer& transfer) {
    transfer.ended = true;
    if (transfer.fetch) over_.push_back(std::move(transfer.fetch));
    transfers_.erase(transfer.order.number);
}

void Loader::chunk_done(int chunk) {
    const auto& row = rendition_->chunks[static_cast<std::size_t>(chunk)];
    auto found = partial_.extract(chunk);
    Bytes bytes = std::move(found.mapped());
    if (sha256(bytes) != row.sha256) {  // an index that does not fit its chunks: ours is broken
        picker_->lost_chunk(chunk);
        return;
    }
    const auto rest = song::chunk_path(rendition_->kbps, chunk);
    const bool kept = around_.kept && around_.kept->keep(id_, rest, bytes);
    if (kept && around_.kept_more) around_.kept_more();
    if (!kept || chunk - next_ < near) ready_[chunk] = std::move(bytes);
}

}  // namespace stretto::listen
