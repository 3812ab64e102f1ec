#include "sim/crowd_fetch.hpp"

#include "sim/crowd_state.hpp"

namespace stretto::sim {
namespace {

constexpr double tick_s = 0.1;

}  // namespace

CrowdFetch::CrowdFetch(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int rendition)
    : CrowdClient(crowd, listener, song),
      rendition_(rendition),
      bytes_(song_.bytes[static_cast<std::size_t>(rendition)]),
      starts_(song_.starts[static_cast<std::size_t>(rendition)]) {
    outcome_.bytes = song_.whole[static_cast<std::size_t>(rendition)];
    // a connection, and an answer with manifest, edges and peers
    later(2 * me().tracker_rtt_s, &CrowdFetch::on_tracker);
}

void CrowdFetch::on_tracker() {
    gather::Picker::Options how;
    how.in_order = how.alone = !crowd_.settings.peers;
    picker_ = std::make_unique<gather::Picker>(bytes_, how,
                                               static_cast<std::uint32_t>(crowd_.chance.next()));
    pump();
    later(2 * edge_rtt_s(), &CrowdFetch::on_index);
    if (crowd_.settings.peers) meet_peers();
    later(tick_s, &CrowdFetch::tick);
}

void CrowdFetch::tick() {
    crowd_.wake(listener_);
    later(tick_s, &CrowdFetch::tick);
}

void CrowdFetch::on_index() {
    picker_->set_pieces(starts_);
    divided_ = true;
    crowd_.wake(listener_);
}

void CrowdFetch::have_changed(int link, int rendition) {
    if (rendition != rendition_) return;
    const auto& l = links_[static_cast<std::size_t>(link)];
    picker_->set_peer(link, l.have[static_cast<std::size_t>(rendition)], l.guess);
}

void CrowdFetch::pump() {
    if (!picker_ || over_) return;
    for (const int number : picker_->late(now()))
        if (requests().contains(number)) fault(number, gather::Fault::stalled);
    for (const int number : picker_->superfluous()) {  // what others have brought meanwhile
        picker_->failed(number, gather::Fault::busy, now() - 1000);
        end(number);
    }
    if (picker_->complete()) {
        outcome_.ended_s = now_s();
        while (!requests().empty()) end(requests().begin()->first);
        over_ = true;
        return;
    }
    for (const auto& wanted : picker_->pick(now())) order(wanted);
    const bool enough = picker_->useful_peers(now()) >= 8 && picker_->peers_suffice(now());
    refresh_peers(rendition_, enough);
    poll_peers(rendition_);
}

void CrowdFetch::order(const gather::Order& wanted) {
    Request request;
    request.link = wanted.source == gather::Order::edge ? edge : wanted.source;
    request.rendition = rendition_;
    request.chunk = wanted.chunk;
    request.begin = wanted.begin;
    request.stop = wanted.stop;
    if (request.link == edge && outcome_.first_bytes == 0) outcome_.first_bytes = request.length();
    next_piece_[wanted.number] = wanted.first;
    ask(wanted.number, request);
}

void CrowdFetch::on_bytes(int number, Request& request, std::uint32_t bytes) {
    const bool of_edge = request.link == edge;
    picker_->received(number, bytes, now());
    if (divided_) take_pieces(number, request);  // which may be the request's end
    if (of_edge && picker_->edge_wanted(now())) crowd_.wake(listener_);
}

/// Pieces that are whole by now.
void CrowdFetch::take_pieces(int number, Request& request) {
    const auto order = *picker_->order(number);
    const auto chunk = static_cast<std::size_t>(order.chunk);
    const auto& starts = starts_[chunk];
    const auto end_of = [&](int piece) {
        const auto next = static_cast<std::size_t>(piece) + 1;
        return next < starts.size() ? starts[next] : bytes_[chunk];
    };
    for (int& piece = next_piece_[number]; piece < order.end; ++piece) {
        if (end_of(piece) - order.begin > request.got) return;
        if (gives_wrong_bytes(request)) return fault(number, gather::Fault::wrong);
        const bool fresh =
            !picker_->complete(order.chunk) && !picker_->has_piece(order.chunk, piece);
        picker_->piece_done(number, piece, now());
        if (!fresh) continue;
        const auto bytes = end_of(piece) - starts[static_cast<std::size_t>(piece)];
        request.useful += bytes;
        outcome_.from[request.link == edge ? 2 : 1] += bytes;
        if (request.link != edge) links_[static_cast<std::size_t>(request.link)].bytes += bytes;
        if (picker_->complete(order.chunk)) keep(rendition_, order.chunk);
    }
}

void CrowdFetch::on_end(int number, Request& request) {
    if (!divided_ && !picker_->complete(request.chunk)) {  // a whole chunk, of an edge
        request.useful = request.got;
        outcome_.from[2] += request.got;
        picker_->have_chunk(request.chunk);
        keep(rendition_, request.chunk);
    }
    picker_->finished(number, now());
    next_piece_.erase(number);
}

void CrowdFetch::on_fault(int number, Request&, gather::Fault fault) {
    picker_->failed(number, fault, now());
    next_piece_.erase(number);
}

}  // namespace stretto::sim
