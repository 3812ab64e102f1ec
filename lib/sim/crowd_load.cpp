// A load's transfers: as stream::Loader carries the Picker's orders out.
#include <algorithm>

#include "sim/crowd_parts.hpp"

namespace stretto::sim {
namespace {

constexpr double tick_s = 0.1;

std::uint32_t length(const swarm::Order& order) { return order.stop - order.begin; }

}  // namespace

Load::Load(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int rendition)
    : crowd_(crowd),
      listener_(listener),
      song_number_(song),
      song_(crowd.catalogue.song(song)),
      rendition_(rendition),
      serial_(++crowd.serials) {
    outcome_.listener = listener;
    outcome_.song = song;
    outcome_.began_s = static_cast<double>(now()) / 1000;
    outcome_.bytes = song_.whole[static_cast<std::size_t>(rendition)];
    // a connection, and an answer with manifest, edges and peers
    later(2 * me().tracker_rtt_s, &Load::on_tracker);
}

Load::~Load() = default;

Millis Load::now() const { return crowd_.now; }
Listener& Load::me() { return crowd_.listeners[listener_]; }

/// Unless the load is over by then.
void Load::later(double seconds, void (Load::*what)()) {
    crowd_.after(seconds, [&crowd = crowd_, listener = listener_, serial = serial_, what] {
        auto& load = crowd.listeners[listener].load;
        if (load && load->serial_ == serial && !load->over_) (load.get()->*what)();
    });
}

void Load::on_tracker() {
    swarm::Picker::Options how;
    how.in_order = how.alone = !crowd_.settings.peers;
    picker_ = std::make_unique<swarm::Picker>(song_.bytes[static_cast<std::size_t>(rendition_)],
                                              how, static_cast<std::uint32_t>(crowd_.chance.next()));
    refreshed_ = now();
    pump();
    later(2 * me().edge_rtt_s, &Load::on_index);
    if (crowd_.settings.peers) query_peers(true);
    later(tick_s, &Load::tick);
}

void Load::tick() {
    crowd_.wake(listener_);
    later(tick_s, &Load::tick);
}

void Load::on_index() {
    picker_->set_pieces(song_.starts[static_cast<std::size_t>(rendition_)]);
    divided_ = true;
    for (auto& [number, transfer] : transfers_)
        if (const auto* order = picker_->order(number)) transfer.order = *order;
    crowd_.wake(listener_);
}

void Load::pump() {
    if (!picker_ || over_) return;
    for (const int number : picker_->late(now())) {
        const auto found = transfers_.find(number);
        if (found == transfers_.end()) continue;
        if (found->second.link >= 0)
            report(links_[static_cast<std::size_t>(found->second.link)], false, "stalled");
        end(number);
    }
    for (const int number : picker_->superfluous()) drop(number);
    if (picker_->complete()) {
        over_ = true;
        outcome_.ended_s = static_cast<double>(now()) / 1000;
        while (!transfers_.empty()) end(transfers_.begin()->first);
        return;
    }
    for (const auto& wanted : picker_->pick(now())) order(wanted);
    if (!crowd_.settings.peers) return;
    refresh_peers();
    poll_peers();
}

/// A connection that waits is used again; its window is what it was, unless it waited long (RFC 5681,
/// 4.1).
bool Load::reuse(Idle& idle, double rtt_s, Transfer& transfer) {
    if (idle.connections == 0) return false;
    --idle.connections;
    if (static_cast<double>(now() - idle.since) < 200 + 2000 * rtt_s)
        transfer.window_rate = idle.window_rate;
    return true;
}

/// A request: a round trip till its answer's first byte, and one before on a new connection.
void Load::order(const swarm::Order& wanted) {
    auto& transfer = transfers_[wanted.number];
    transfer.order = wanted;
    transfer.started = now();
    transfer.next_piece = wanted.first;
    double wait = 0;
    if (wanted.source == swarm::Order::edge) {
        if (outcome_.first_bytes == 0) outcome_.first_bytes = length(wanted);
        wait = me().edge_rtt_s * (reuse(edge_idle_, me().edge_rtt_s, transfer) ? 1 : 2);
    } else {
        transfer.link = wanted.source;
        auto& link = links_[static_cast<std::size_t>(wanted.source)];
        wait = link.rtt_s * (reuse(link.idle, link.rtt_s, transfer) ? 1 : 2);
    }
    crowd_.after(wait, [&crowd = crowd_, listener = listener_, serial = serial_,
                        number = wanted.number] {
        auto& load = crowd.listeners[listener].load;
        if (load && load->serial_ == serial && !load->over_) load->on_head(number);
    });
}

void Load::on_head(int number) {
    const auto found = transfers_.find(number);
    if (found == transfers_.end()) return;
    auto& transfer = found->second;
    const std::uint64_t user = std::uint64_t{listener_} << 32 | static_cast<std::uint32_t>(number);
    const double delay = static_cast<double>(now() - crowd_.stepped) / 1000;
    if (transfer.link < 0) {
        transfer.flow = crowd_.flows.start({crowd_.edge_pipes[me().edge], me().down, me().edge_rtt_s, delay, transfer.window_rate, user});
        return;
    }
    auto& link = links_[static_cast<std::size_t>(transfer.link)];
    auto& peer = crowd_.listeners[link.peer];
    if (!peer.here || peer.evil == Evil::silent) return;
    note_have(link, transfer.link);
    if (!link.have[static_cast<std::size_t>(transfer.order.chunk)])
        return fail(number, swarm::Fault::missing);
    if (peer.uploads >= crowd_uploads) return fail(number, swarm::Fault::busy);
    ++peer.uploads;
    transfer.uploading = true;
    transfer.flow = crowd_.flows.start({peer.up, me().down, link.rtt_s, delay, transfer.window_rate, user});
}

void Load::came(std::uint64_t number, std::uint32_t bytes) {
    const auto found = transfers_.find(static_cast<int>(number));
    if (found == transfers_.end() || over_) return;
    auto& transfer = found->second;
    const auto n = std::min(bytes, length(transfer.order) - transfer.got);
    transfer.got += n;
    picker_->received(transfer.order.number, n, now());
    if (transfer.link < 0) {
        crowd_.run_.edge_bytes += n;
    } else {
        const auto peer = links_[static_cast<std::size_t>(transfer.link)].peer;
        crowd_.run_.members[peer].given += n;
        if (crowd_.listeners[peer].evil == Evil::half &&
            transfer.got >= length(transfer.order) / 2) {
            crowd_.flows.stop(transfer.flow);
            transfer.flow = -1;
            return;
        }
    }
    if (!take_pieces(transfer)) return;
    if (transfer.got == length(transfer.order))
        finished(transfer.order.number);
    else if (transfer.link < 0 && picker_->edge_wanted(now()))
        crowd_.wake(listener_);
}

/// Pieces that are whole by now. @return false: one is wrong, and the transfer is no more
bool Load::take_pieces(Transfer& transfer) {
    if (!divided_) return true;
    const auto order = transfer.order;
    const auto chunk = static_cast<std::size_t>(order.chunk);
    const auto& starts = song_.starts[static_cast<std::size_t>(rendition_)][chunk];
    const auto end_of = [&](int piece) {
        const auto next = static_cast<std::size_t>(piece) + 1;
        return next < starts.size() ? starts[next]
                                    : song_.bytes[static_cast<std::size_t>(rendition_)][chunk];
    };
    const bool wrong = transfer.link >= 0 &&
                       crowd_.listeners[links_[static_cast<std::size_t>(transfer.link)].peer].evil ==
                           Evil::wrong;
    while (transfer.next_piece < order.end) {
        const int piece = transfer.next_piece;
        if (end_of(piece) - order.begin > transfer.got) return true;
        if (wrong) {
            fail(order.number, swarm::Fault::wrong);
            return false;
        }
        ++transfer.next_piece;
        const auto bytes = end_of(piece) - starts[static_cast<std::size_t>(piece)];
        const bool fresh =
            !picker_->complete(order.chunk) && !picker_->has_piece(order.chunk, piece);
        picker_->piece_done(order.number, piece, now());
        if (!fresh) continue;
        transfer.useful += bytes;
        outcome_.from[transfer.link < 0 ? 2 : 1] += bytes;
        if (transfer.link >= 0) links_[static_cast<std::size_t>(transfer.link)].bytes += bytes;
        if (picker_->complete(order.chunk)) chunk_done(order.chunk);
    }
    return true;
}

void Load::finished(int number) {
    auto& transfer = transfers_.at(number);
    if (!divided_) {  // a whole chunk, of an edge
        if (!picker_->complete(transfer.order.chunk)) {
            transfer.useful = transfer.got;
            outcome_.from[2] += transfer.got;
            picker_->have_chunk(transfer.order.chunk);
            chunk_done(transfer.order.chunk);
        }
    }
    picker_->finished(number, now());
    if (transfer.link >= 0) {
        auto& link = links_[static_cast<std::size_t>(transfer.link)];
        link.busy = 0;
        link.ms += now() - transfer.started;
        report(link, true, "");
    }
    auto& idle = transfer.link < 0 ? edge_idle_
                                   : links_[static_cast<std::size_t>(transfer.link)].idle;
    ++idle.connections;
    idle.since = now();
    idle.window_rate = crowd_.flows.stop(std::exchange(transfer.flow, -1));
    end(number);
    crowd_.wake(listener_);
}

void Load::fail(int number, swarm::Fault fault) {
    const auto& transfer = transfers_.at(number);
    picker_->failed(number, fault, now());
    if (transfer.link >= 0) {
        auto& link = links_[static_cast<std::size_t>(transfer.link)];
        if (fault == swarm::Fault::wrong) {
            ++outcome_.bans;
            link.reported = false;
            report(link, false, "hash");
        } else {
            link.busy += fault == swarm::Fault::busy;
            ++link.idle.connections;  // an answer without bytes leaves the connection as it was
        }
    }
    end(number);
    crowd_.wake(listener_);
}

/// What others have brought meanwhile.
void Load::drop(int number) {
    if (!transfers_.contains(number)) return;
    picker_->failed(number, swarm::Fault::busy, now() - 1000);
    end(number);
}

void Load::end(int number) {
    const auto found = transfers_.find(number);
    auto& transfer = found->second;
    outcome_.wasted += transfer.got - std::min<std::uint64_t>(transfer.useful, transfer.got);
    if (transfer.flow >= 0) crowd_.flows.stop(transfer.flow);
    if (transfer.uploading)
        --crowd_.listeners[links_[static_cast<std::size_t>(transfer.link)].peer].uploads;
    transfers_.erase(found);
}

void Load::chunk_done(int chunk) {
    auto* holding = me().holding(song_number_, rendition_);
    if (!holding) {
        me().holdings.push_back({song_number_, rendition_,
                                 std::vector<bool>(song_.shape.chunk_s.size())});
        holding = &me().holdings.back();
    }
    holding->have[static_cast<std::size_t>(chunk)] = true;
    crowd_.changed(listener_);
}

}  // namespace stretto::sim
