#include "track/edge_prober.hpp"

#include "base/note.hpp"

namespace stretto::track {

EdgeProber::EdgeProber(net::Loop& loop, swarm::Edges& edges, std::chrono::milliseconds period)
    : loop_(loop),
      edges_(edges),
      period_(period),
      timer_(loop, [this] { ask_all(); }),
      soon_(loop, [this] { ask_failing(); }) {
    renew();
    timer_.every(period);
}

void EdgeProber::renew() {
    std::map<std::string, Probe> probes;
    for (const auto& edge : edges_.all()) {
        const auto& url = edge.info.url;
        const auto old = probes_.find(url);
        if (old != probes_.end()) {
            probes.insert(probes_.extract(old));
            continue;
        }
        http::Upstream::Limits limits;
        limits.connections = 1;
        limits.requests = 2;  // a cancelled request may still be closing
        limits.connect = period_;
        probes[url].edge = std::make_unique<http::Upstream>(loop_, url, limits);
        ask(url, probes[url]);
    }
    probes_ = std::move(probes);
}

void EdgeProber::ask_all() {
    for (auto& [url, probe] : probes_) {
        if (probe.fetch) {  // a whole period has passed
            probe.fetch.reset();
            if (edges_.probed(url, false))
                note(text("edge ", probe.edge->url(), " does not respond"));
        }
        ask(url, probe);
    }
}

void EdgeProber::ask_failing() {
    for (const auto& edge : edges_.all()) {
        const auto probe = probes_.find(edge.info.url);
        if (edge.healthy && !edge.last_ok && probe != probes_.end() && !probe->second.fetch)
            ask(probe->first, probe->second);
    }
}

bool EdgeProber::is_healthy(const std::string& url) const {
    for (const auto& edge : edges_.all())
        if (edge.info.url == url) return edge.healthy;
    return false;
}

void EdgeProber::ask(const std::string& url, Probe& probe) {
    http::Request request;
    request.method = "GET";
    request.target = "/healthz";
    http::FetchCalls calls;
    probe.status = 0;
    calls.head = [&probe](http::Response&& head) { probe.status = head.status; };
    calls.data = [](BytesView) { return true; };
    calls.end = [this, url, &probe](const http::Failure* failure) {
        probe.fetch.reset();
        const bool ok = !failure && probe.status == 200;
        if (!edges_.probed(url, ok)) {
            // probe again now instead of in the next round, because the second failure decides
            if (!ok && is_healthy(url)) soon_.once(period_ / 4);
            return;
        }
        note(text("edge ", probe.edge->url(),
                  ok        ? " is back"
                  : failure ? " is unreachable: " + failure->why
                            : text(" is not well: status ", probe.status)));
    };
    probe.fetch = probe.edge->fetch(request, {}, std::move(calls));
}

}  // namespace stretto::track
