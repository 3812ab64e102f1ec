#include "sim/crowd_client.hpp"

#include <algorithm>
#include <utility>

#include "sim/crowd_state.hpp"

namespace stretto::sim {

CrowdClient::CrowdClient(CrowdState& crowd, std::uint32_t listener, std::uint32_t song)
    : crowd_(crowd),
      listener_(listener),
      number_(song),
      song_(crowd.catalogue.song(song)),
      refreshed_(crowd.now),
      serial_(++crowd.serials) {
    outcome_.listener = listener;
    outcome_.song = song;
    outcome_.began_s = now_s();
}

Millis CrowdClient::now() const { return crowd_.now; }
Listener& CrowdClient::me() { return crowd_.listeners[listener_]; }
double CrowdClient::edge_rtt_s() { return me().edge_rtt_s; }

void CrowdClient::run_later(double seconds, std::function<void()> what) {
    crowd_.after(seconds,
                 [&crowd = crowd_, listener = listener_, serial = serial_, what = std::move(what)] {
                     const auto& client = crowd.listeners[listener].client;
                     if (client && client->serial_ == serial && !client->over_) what();
                 });
}

bool CrowdClient::silent(const Link& link) const {
    const auto& peer = crowd_.listeners[link.peer];
    return !peer.here || peer.evil == Evil::silent;
}

bool CrowdClient::gives_wrong_bytes(const Request& request) const {
    return request.link != edge &&
           crowd_.listeners[links_[static_cast<std::size_t>(request.link)].peer].evil ==
               Evil::wrong;
}

/// A connection that waits is used again; its window is what it was, unless it waited for long
/// (RFC 5681, 4.1).
bool CrowdClient::reuse(Idle& idle, double rtt_s, Request& request) {
    if (idle.connections == 0) return false;
    --idle.connections;
    if (static_cast<double>(now() - idle.since) < 200 + 2000 * rtt_s)
        request.window_rate = idle.window_rate;
    return true;
}

void CrowdClient::ask(int number, const Request& wanted) {
    auto& request = requests_[number] = wanted;
    request.started = now();
    const bool of_edge = request.link == edge;
    const double rtt =
        of_edge ? me().edge_rtt_s : links_[static_cast<std::size_t>(request.link)].rtt_s;
    auto& idle = of_edge ? me().edge_idle : links_[static_cast<std::size_t>(request.link)].idle;
    const double wait = rtt * (reuse(idle, rtt, request) ? 1 : 2);
    run_later(wait, [this, number] { on_head(number); });
}

void CrowdClient::on_head(int number) {
    const auto found = requests_.find(number);
    if (found == requests_.end()) return;
    auto& request = found->second;
    Flows::Start flow{0,
                      me().down,
                      me().edge_rtt_s,
                      static_cast<double>(now() - crowd_.stepped) / 1000,
                      request.window_rate,
                      std::uint64_t{listener_} << 32 | static_cast<std::uint32_t>(number)};
    if (request.link == edge) {
        flow.from = crowd_.edge_pipes[me().edge];
        request.flow = crowd_.flows.start(flow);
        return;
    }
    auto& link = links_[static_cast<std::size_t>(request.link)];
    auto& peer = crowd_.listeners[link.peer];
    if (silent(link)) return;
    note_have(link, request.rendition);
    if (!link.have[static_cast<std::size_t>(request.rendition)]
                  [static_cast<std::size_t>(request.chunk)])
        return fault(number, gather::Fault::missing);
    if (peer.uploads >= crowd_uploads) return fault(number, gather::Fault::busy);
    ++peer.uploads;
    request.uploading = true;
    flow.from = peer.up;
    flow.rtt_s = link.rtt_s;
    request.flow = crowd_.flows.start(flow);
}

void CrowdClient::came(int number, std::uint32_t bytes) {
    const auto found = requests_.find(number);
    if (found == requests_.end() || over_) return;
    auto& request = found->second;
    const auto n = std::min(bytes, request.length() - request.got);
    request.got += n;
    if (request.link == edge) {
        crowd_.result.edge_bytes += n;
    } else {
        const auto peer = links_[static_cast<std::size_t>(request.link)].peer;
        if (!crowd_.listeners[peer].here) return fault(number, gather::Fault::broken);
        crowd_.result.members[peer].given += n;
        if (crowd_.listeners[peer].evil == Evil::half && request.got >= request.length() / 2) {
            crowd_.flows.stop(std::exchange(request.flow, -1));
            return;
        }
    }
    on_bytes(number, request, n);
    const auto still = requests_.find(number);
    if (still == requests_.end() || still->second.got < still->second.length()) return;
    auto& idle =
        request.link == edge ? me().edge_idle : links_[static_cast<std::size_t>(request.link)].idle;
    ++idle.connections;
    idle.since = now();
    idle.window_rate = crowd_.flows.stop(std::exchange(request.flow, -1));
    if (request.link != edge) {
        auto& link = links_[static_cast<std::size_t>(request.link)];
        const auto took = std::max<Millis>(1, now() - request.started);
        const double speed = request.got * 1000.0 / static_cast<double>(took);
        link.speed = link.speed > 0 ? 0.6 * link.speed + 0.4 * speed : speed;
        link.ms += took;
        report(link, true, "");
    }
    on_end(number, request);
    end(number);
    crowd_.wake(listener_);
}

void CrowdClient::fault(int number, gather::Fault fault) {
    auto& request = requests_.at(number);
    if (request.link != edge) {
        auto& link = links_[static_cast<std::size_t>(request.link)];
        if (fault == gather::Fault::wrong) {
            ++outcome_.bans;
            link.banned = true;
            link.reported = false;
            report(link, false, "hash");
        } else if (fault == gather::Fault::stalled || fault == gather::Fault::broken) {
            report(link, false, fault == gather::Fault::stalled ? "stalled" : "broken");
        } else {  // an answer without bytes leaves the connection as it was
            ++link.idle.connections;
        }
    }
    on_fault(number, request, fault);
    end(number);
    crowd_.wake(listener_);
}

void CrowdClient::end(int number) {
    const auto found = requests_.find(number);
    if (found == requests_.end()) return;
    auto& request = found->second;
    outcome_.wasted += request.got - std::min<std::uint64_t>(request.useful, request.got);
    if (request.flow >= 0) crowd_.flows.stop(request.flow);
    if (request.uploading)
        --crowd_.listeners[links_[static_cast<std::size_t>(request.link)].peer].uploads;
    requests_.erase(found);
}

void CrowdClient::keep(int rendition, int chunk) {
    auto* holding = me().holding(number_, rendition);
    if (!holding) {
        me().holdings.push_back(
            {number_, rendition, std::vector<bool>(song_.shape.chunk_s.size())});
        holding = &me().holdings.back();
    }
    holding->have[static_cast<std::size_t>(chunk)] = true;
    crowd_.changed(listener_);
}

}  // namespace stretto::sim
