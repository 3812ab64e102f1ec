// A load's peers, as stream::Loader keeps them: whom the tracker names, and what they have.
#include <algorithm>
#include <charconv>

#include "sim/crowd_parts.hpp"

namespace stretto::sim {
namespace {

// as in stream/loader_peers.cpp
constexpr Millis between_refreshes = 5000;
constexpr Millis first_refresh = 1000;
constexpr Millis between_polls = 700;
constexpr std::size_t most_peers = 24;
constexpr std::size_t most_named = 96;

}  // namespace

/// What a peer says that it has.
std::vector<bool> Load::said_by(const Link& link) const {
    auto& peer = crowd_.listeners[link.peer];
    const auto chunks = song_.shape.chunk_s.size();
    if (peer.evil != Evil::no) return std::vector<bool>(chunks, true);
    const auto* holding = peer.holding(song_number_, rendition_);
    return holding ? holding->have : std::vector<bool>(chunks);
}

void Load::note_have(Link& link, int number) {
    if (link.left) return;
    link.heard = now();
    link.have = said_by(link);
    picker_->set_peer(number, link.have, link.guess);
}

/// @param first  with the song's start, which asks for every rendition
void Load::query_peers(bool first) {
    swarm::PeersQuery query;
    query.song_id = song_.id;
    if (!first) {
        query.kbps = song_.layout.kbps[static_cast<std::size_t>(rendition_)];
        query.peer_id = std::to_string(listener_);
        query.port = me().at.port;
    }
    query.location = me().place;
    crowd_.tracker.list(query, {me().at.ip, me().place}, static_cast<std::uint64_t>(now()),
                        [&](std::string_view peers) { add_peers(peers); });
}

void Load::add_peers(std::string_view list) {
    const auto peers = swarm::parse_peers_answer(swarm::wrap_peers_list(list));
    if (!peers) return;
    for (const auto& info : *peers) {
        std::uint32_t peer = 0;
        std::from_chars(info.peer_id.data(), info.peer_id.data() + info.peer_id.size(), peer);
        if (peer == listener_) continue;
        auto found = std::ranges::find(links_, peer, &Link::peer);
        if (found == links_.end()) {
            if (!room_for_one()) continue;
            links_.emplace_back().peer = peer;
            found = links_.end() - 1;
            found->rtt_s = rtt_s(me().place, crowd_.listeners[peer].place);
        }
        auto& link = *found;
        if (link.left) continue;
        link.ticket = info.ticket;
        link.guess = static_cast<double>(info.upload_kbps) * 1000 / 8 / 4;
        if (link.heard != 0) continue;  // what it said itself is newer
        link.have.assign(song_.shape.chunk_s.size(), false);
        const auto kbps = song_.layout.kbps[static_cast<std::size_t>(rendition_)];
        if (const auto have = info.have.find(kbps); have != info.have.end())
            for (const auto& [from, to] : have->second)
                for (int k = from; k <= to && k < static_cast<int>(link.have.size()); ++k)
                    link.have[static_cast<std::size_t>(k)] = true;
        picker_->set_peer(static_cast<int>(found - links_.begin()), link.have, link.guess);
    }
    crowd_.wake(listener_);
}

/// Of those that only say that they are busy, the first makes room for another.
bool Load::room_for_one() {
    const auto staying = std::ranges::count(links_, false, &Link::left);
    static const int B = getenv("B") ? atoi(getenv("B")) : 0;
    if (staying < static_cast<long>(most_peers)) return true;
    if (!B || links_.size() >= most_named) return false;
    for (std::size_t i = 0; i < links_.size(); ++i) {
        auto& link = links_[i];
        if (link.left || link.busy < B) continue;
        link.left = true;
        link.have.assign(link.have.size(), false);
        picker_->set_peer(static_cast<int>(i), link.have, link.guess);
        return true;
    }
    return false;
}

void Load::on_list() { query_peers(false); }

void Load::refresh_peers() {
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (now() - refreshed_ < wait) return;
    static const int R = getenv("R") ? atoi(getenv("R")) : 0;
    if (picker_->useful_peers(now()) >= 8 && (!R || picker_->peers_suffice(now())) && now() - refreshed_ < 6 * between_refreshes) return;
    refreshed_ = now();
    ++refreshes_;
    later(me().tracker_rtt_s, &Load::on_list);
}

/// Questions and answers are dealt with at ticks: an answer is late by less than one.
void Load::poll_peers() {
    for (std::size_t i = 0; i < links_.size(); ++i) {
        auto& link = links_[i];
        const auto& peer = crowd_.listeners[link.peer];
        if (link.left) continue;
        if (link.answers >= 0) {
            if (now() < link.answers) continue;
            link.answers = -1;
            if (peer.here && peer.evil != Evil::silent) {
                note_have(link, static_cast<int>(i));
                crowd_.wake(listener_);
            } else {
                link.heard = now() + 5000;
            }
        }
        if (picker_->banned(static_cast<int>(i)) || now() - link.heard < between_polls) continue;
        if (link.heard && std::ranges::all_of(link.have, [](bool here) { return here; })) continue;
        const bool silent = !peer.here || peer.evil == Evil::silent;
        link.answers = now() + (silent ? 5000 : static_cast<Millis>(link.rtt_s * 1000) + 1);
    }
}

void Load::report(Link& link, bool ok, const char* why) {
    if (link.reported || link.ticket.empty()) return;
    link.reported = true;
    crowd_.tracker.report({link.ticket, ok, why, link.ms, static_cast<std::int64_t>(link.bytes)},
                          me().at.ip, static_cast<std::uint64_t>(now()));
}

}  // namespace stretto::sim
