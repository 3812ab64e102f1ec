// A loader's peers: whom the tracker names, what they have, and what the tracker hears of them.
#include <algorithm>

#include "stream/have.hpp"
#include "stream/loader_parts.hpp"
#include "swarm/reach.hpp"

namespace stretto::stream {
namespace {

constexpr swarm::Millis between_refreshes = 5000;  // of the tracker's list, while loading
constexpr swarm::Millis first_refresh = 1000;      // then after twice the time each
constexpr swarm::Millis between_polls = 700;       // of what one peer has
constexpr std::size_t most_peers = 24;

http::Upstream::Limits peer_limits() {
    http::Upstream::Limits limits;
    limits.connections = 3;
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = std::chrono::seconds{5};
    return limits;
}

}  // namespace

void Loader::add_peers(const std::vector<swarm::PeerInfo>& peers) {
    if (!around_.peers || !picker_) return;
    for (const auto& info : peers) {
        const auto endpoint = swarm::parse_peer_url(info.url);
        if (!endpoint || !swarm::may_connect(*endpoint, swarm::Role::peer, around_.local_peers))
            continue;
        if (around_.tracker && info.peer_id == around_.tracker->peer_id()) continue;
        auto found = std::ranges::find_if(
            links_, [&](const auto& link) { return link->info.url == info.url; });
        if (found == links_.end()) {
            if (links_.size() >= most_peers) continue;
            auto link = std::make_shared<Link>();
            link->number = static_cast<int>(links_.size());
            link->upstream =
                std::make_unique<http::Upstream>(around_.loop, info.url, peer_limits());
            links_.push_back(std::move(link));
            found = links_.end() - 1;
        }
        auto& link = **found;
        link.info = info;
        if (link.heard != 0) continue;  // what it said itself is newer
        link.have.assign(rendition_->chunks.size(), false);
        if (const auto have = info.have.find(rendition_->kbps); have != info.have.end())
            for (const auto& range : have->second)
                for (int k = range.first; k <= range.last && k < static_cast<int>(link.have.size());
                     ++k)
                    link.have[static_cast<std::size_t>(k)] = true;
        picker_->set_peer(link.number, link.have, link.guess());
    }
    if (around_.kept) around_.kept->others(id_, static_cast<int>(peers.size()));
    pump();
}

/// The tracker's list anew, at first often: in a crowd others come at the same time.
void Loader::refresh_peers() {
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (!around_.tracker || !around_.peers || now() - refreshed_ < wait) return;
    if (picker_->useful_peers(now()) >= 8 && now() - refreshed_ < 6 * between_refreshes) return;
    refreshed_ = now();
    ++refreshes_;
    around_.tracker->peers(id_, rendition_->kbps, 16,
                           [this, alive = std::weak_ptr{alive_}](auto peers) {
                               if (!alive.expired() && peers && !over_now_) add_peers(*peers);
                           });
}

void Loader::note_have(Link& link, const http::Fields& fields) {
    const auto said = fields.joined("Stretto-Have");
    if (!said) return;
    const auto have = parse_have(*said, rendition_->chunks.size());
    if (!have) return;
    link.heard = now();
    link.have = *have;
    picker_->set_peer(link.number, link.have, link.guess());
}

/// What each peer has by now: it tells with every answer, and a few bytes ask for one.
void Loader::poll_peers() {
    for (auto& link : links_) {
        if (link->asking || picker_->banned(link->number) || now() - link->heard < between_polls)
            continue;
        if (std::ranges::all_of(link->have, [](bool here) { return here; }) && link->heard)
            continue;
        link->asking = true;
        http::ask(*link->upstream, {"HEAD", path(song::index_path(rendition_->kbps)), 1, {}}, {},
                  65536, [this, link, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                      if (alive.expired() || over_now_) return;
                      link->asking = false;
                      // who does not answer is asked again ever more rarely
                      if (got.status == 0) link->heard = now() + 5000;
                      note_have(*link, got.fields);
                      pump();
                  });
    }
}

/// A ticket counts once, so what is said of a peer is said once a song; harm at once.
void Loader::report(Link& link, bool ok, const std::string& why) {
    if (!around_.tracker || link.reported || link.info.ticket.empty()) return;
    link.reported = true;
    around_.tracker->report(
        {link.info.ticket, ok, why, link.ms, static_cast<std::int64_t>(link.bytes)});
}

}  // namespace stretto::stream
