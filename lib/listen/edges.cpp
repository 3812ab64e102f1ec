#include "listen/edges.hpp"

#include <algorithm>

#include "swarm/reach.hpp"

namespace stretto::listen {
namespace {

/// 6 connections are what a browser opens to a server; more would only share the same link.
constexpr long connections = 6;

bool allowed(const net::Address& address, bool local) {
    const auto ip = swarm::parse_ip(address.host());
    return ip && swarm::may_connect({*ip, static_cast<std::uint16_t>(address.port())},
                                    swarm::Role::edge, local);
}

}  // namespace

std::shared_ptr<Edges::Edge> Edges::make(const std::string& name, const std::string& url,
                                         Trust trust) const {
    http::Upstream::Limits limits;
    limits.connections = connections;
    limits.stall = std::chrono::seconds{8};
    limits.proxy = limits.follow_redirects = trust == Trust::user;
    if (trust == Trust::none)
        limits.allow = [local = local_](const net::Address& address) {
            return allowed(address, local);
        };
    auto edge = std::make_shared<Edge>();
    edge->upstream = std::make_unique<http::Upstream>(loop_, url, limits);
    edge->url = edge->upstream->url();
    edge->name = name.empty() ? edge->upstream->authority() : name;
    return edge;
}

void Edges::add(const std::string& url, Trust trust) {
    edges_.insert(edges_.begin() + static_cast<std::ptrdiff_t>(trusted_++), make("", url, trust));
}

void Edges::set(const std::vector<swarm::EdgeInfo>& edges) {
    std::vector<std::shared_ptr<Edge>> next(edges_.begin(),
                                            edges_.begin() + static_cast<std::ptrdiff_t>(trusted_));
    refused_ = 0;
    for (const auto& info : edges) {
        // names are judged when they have been looked up
        const auto endpoint = swarm::parse_peer_url(info.url);
        if (endpoint && !swarm::may_connect(*endpoint, swarm::Role::edge, local_)) {
            ++refused_;
            continue;
        }
        const auto known =
            std::ranges::find_if(edges_, [&](const auto& edge) { return edge->url == info.url; });
        next.push_back(known != edges_.end() ? *known : make(info.name, info.url, Trust::none));
    }
    edges_ = std::move(next);
}

std::vector<swarm::EdgeInfo> Edges::named() const {
    std::vector<swarm::EdgeInfo> all;
    for (std::size_t i = trusted_; i < edges_.size(); ++i)
        all.push_back({edges_[i]->name, edges_[i]->url, {}, {}});
    return all;
}

std::shared_ptr<Edges::Edge> Edges::current() const {
    const auto now = loop_.now_ms();
    const auto ready = std::ranges::find_if(
        edges_, [&](const auto& edge) { return edge->not_before <= now && !edge->wrong; });
    if (ready != edges_.end()) return *ready;
    const auto first = std::ranges::min_element(edges_, {}, [](const auto& edge) {
        return std::pair{edge->wrong, edge->not_before};
    });
    return first == edges_.end() ? nullptr : *first;
}

std::uint64_t Edges::pause_until() const {
    std::uint64_t first = 0;
    for (const auto& edge : edges_) {
        if (edge->not_before <= loop_.now_ms()) return 0;
        first = first == 0 ? edge->not_before : std::min(first, edge->not_before);
    }
    return first;
}

bool Edges::all_wrong() const {
    return !edges_.empty() && std::ranges::all_of(edges_, [](const auto& edge) {
        return edge->wrong && edge->failures >= 3;
    });
}

void Edges::failed(Edge& edge, bool wrong, bool silent) const {
    ++edge.failures;
    edge.wrong |= wrong;
    // half a second, then twice as long each time, up to 16 s
    edge.not_before = loop_.now_ms() + (500u << (silent ? 5 : std::min(edge.failures - 1, 5)));
}

}  // namespace stretto::listen
