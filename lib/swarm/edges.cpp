#include "swarm/edges.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace stretto::swarm {
namespace {

constexpr double one_place_km = 10;

/// Highest random weight (Thaler and Ravishankar, 1998): when one of them is gone, only what it had
/// moves.
std::uint64_t weight(const std::string& name, std::uint64_t seed) noexcept {
    std::uint64_t x = std::hash<std::string>{}(name) ^ seed;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

}  // namespace

void Edges::replace(std::vector<EdgeInfo> edges) {
    std::vector<Edge> next;
    next.reserve(edges.size());
    for (auto& info : edges) {
        const auto old =
            std::ranges::find(edges_, info.url, [](const Edge& edge) { return edge.info.url; });
        Edge edge;
        if (old != edges_.end()) edge = *old;
        edge.info = std::move(info);
        next.push_back(std::move(edge));
    }
    edges_ = std::move(next);
}

bool Edges::probed(const std::string& url, bool ok) noexcept {
    const auto edge = std::ranges::find(
        edges_, url, [](const Edge& one) -> auto& { return one.info.url; });
    if (edge == edges_.end()) return false;
    const bool decides = !edge->probed || edge->last_ok == ok;
    const bool changed = decides && edge->healthy != ok;
    edge->probed = true;
    edge->last_ok = ok;
    if (changed) edge->healthy = ok;
    return changed;
}

std::vector<EdgeInfo> Edges::nearest(std::optional<Location> from, std::uint64_t seed) const {
    struct Ranked {
        double place;
        std::uint64_t weight;
        EdgeInfo info;
    };
    std::vector<Ranked> ranked;
    for (const auto& edge : edges_) {
        if (!edge.healthy) continue;
        Ranked one{std::numeric_limits<double>::max(), weight(edge.info.name, seed), edge.info};
        one.info.km.reset();
        if (from && edge.info.location) {
            one.info.km = distance_km(*from, *edge.info.location);
            one.place = std::floor(*one.info.km / one_place_km);
        }
        ranked.push_back(std::move(one));
    }
    std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
        return a.place != b.place ? a.place < b.place : a.weight > b.weight;
    });
    std::vector<EdgeInfo> edges;
    edges.reserve(ranked.size());
    for (auto& one : ranked) edges.push_back(std::move(one.info));
    return edges;
}

}  // namespace stretto::swarm
