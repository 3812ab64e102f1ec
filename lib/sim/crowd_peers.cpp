// The peers of a song of the crowd, as listen::Peers keeps them: whom the tracker names, and what
// they have.
#include <algorithm>
#include <charconv>

#include "sim/crowd_client.hpp"
#include "sim/crowd_state.hpp"

namespace stretto::sim {
namespace {

// as in stream/peers.cpp
constexpr Millis between_refreshes = 5000;
constexpr Millis first_refresh = 1000;
constexpr Millis between_polls = 700;
constexpr std::size_t most_peers = 24;

}  // namespace

/// What a peer says when it is asked.
void CrowdClient::note_have(Link& link, int rendition) {
    const auto r = static_cast<std::size_t>(rendition);
    auto& peer = crowd_.listeners[link.peer];
    const auto chunks = song_.shape.chunk_s.size();
    if (peer.evil != Evil::no)
        link.have[r].assign(chunks, true);
    else if (const auto* holding = peer.holding(number_, rendition))
        link.have[r] = holding->have;
    else
        link.have[r].assign(chunks, false);
    link.heard[r] = now();
    have_changed(static_cast<int>(&link - links_.data()), rendition);
}

/// @param rendition  -1: with the song's start, which asks for all of them
void CrowdClient::query_peers(int rendition) {
    swarm::PeersQuery query;
    query.song_id = song_.id;
    if (rendition >= 0) {
        query.kbps = song_.layout.kbps[static_cast<std::size_t>(rendition)];
        query.peer_id = std::to_string(listener_);
        query.port = me().at.port;
    }
    query.location = me().place;
    crowd_.tracker.list(query, {me().at.ip, me().place}, static_cast<std::uint64_t>(now()),
                        [&](std::string_view peers) { add_peers(peers); });
}

void CrowdClient::add_peers(std::string_view list) {
    const auto peers = swarm::parse_peers_answer(swarm::wrap_peers_list(list));
    if (!peers) return;
    const auto chunks = song_.shape.chunk_s.size();
    for (const auto& info : *peers) {
        std::uint32_t peer = 0;
        std::from_chars(info.peer_id.data(), info.peer_id.data() + info.peer_id.size(), peer);
        if (peer == listener_) continue;
        auto found = std::ranges::find(links_, peer, &Link::peer);
        if (found == links_.end()) {
            if (links_.size() >= most_peers) continue;
            links_.emplace_back().peer = peer;
            found = links_.end() - 1;
            found->rtt_s = rtt_s(me().place, crowd_.listeners[peer].place);
            found->have.assign(song_.layout.kbps.size(), std::vector<bool>(chunks));
            found->heard.assign(song_.layout.kbps.size(), 0);
        }
        auto& link = *found;
        link.ticket = info.ticket;
        link.guess = static_cast<double>(info.upload_kbps) * 1000 / 8 / 4;
        for (std::size_t r = 0; r < link.have.size(); ++r) {
            const auto have = info.have.find(song_.layout.kbps[r]);
            if (link.heard[r] != 0 || have == info.have.end()) continue;
            link.have[r].assign(chunks, false);
            for (const auto& [from, to] : have->second)
                for (int k = from; k <= to && k < static_cast<int>(chunks); ++k)
                    link.have[r][static_cast<std::size_t>(k)] = true;
            have_changed(static_cast<int>(found - links_.begin()), static_cast<int>(r));
        }
    }
    crowd_.wake(listener_);
}

void CrowdClient::refresh_peers(int rendition, bool enough) {
    if (!crowd_.settings.peers) return;
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (now() - refreshed_ < wait) return;
    if (enough && now() - refreshed_ < 6 * between_refreshes) return;
    refreshed_ = now();
    ++refreshes_;
    run_later(me().tracker_rtt_s, [this, rendition] { query_peers(rendition); });
}

/// Questions and answers are dealt with when a decision is made: an answer is late by the time
/// between two.
void CrowdClient::poll_peers(int rendition) {
    if (!crowd_.settings.peers) return;
    for (auto& link : links_) {
        if (link.banned) continue;
        if (link.answers >= 0) {
            if (now() < link.answers) continue;
            link.answers = -1;
            link.polled = now();
            if (silent(link))
                link.polled += 5000;
            else
                note_have(link, link.poll_of);
        }
        const auto r = static_cast<std::size_t>(rendition);
        const auto last = std::max(link.polled, link.heard[r]);
        if (last > 0 && now() - last < between_polls) continue;
        if (link.heard[r] && std::ranges::all_of(link.have[r], [](bool here) { return here; }))
            continue;
        link.poll_of = rendition;
        link.answers = now() + (silent(link) ? 5000 : static_cast<Millis>(link.rtt_s * 1000) + 1);
    }
}

void CrowdClient::report(Link& link, bool ok, const char* why) {
    if (link.reported || link.ticket.empty()) return;
    link.reported = true;
    crowd_.tracker.report({link.ticket, ok, why, link.ms, static_cast<std::int64_t>(link.bytes)},
                          me().at.ip, static_cast<std::uint64_t>(now()));
}

}  // namespace stretto::sim
