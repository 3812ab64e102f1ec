#pragma once
// The edges of a tracker: their health, from probes, and their distance.
#include <cstdint>
#include <optional>
#include <vector>

#include "swarm/announce.hpp"

namespace stretto::swarm {

class Edges {
   public:
    explicit Edges(std::vector<EdgeInfo> edges) { replace(std::move(edges)); }

    /// Replace the list. Edges that are in both lists keep their health.
    void replace(std::vector<EdgeInfo> edges);

    /// The result of a probe of the edge at `url`. Two consecutive failures make an edge unhealthy,
    /// two consecutive successes make it healthy, so that one lost packet has no effect. The very
    /// first probe decides alone.
    /// @return whether the health changed
    bool probed(const std::string& url, bool ok) noexcept;

    /// Healthy edges, nearest first; edges with an unknown distance come last.
    /// Edges at the same place are ordered by `seed`: equal seeds give the same order, so that a
    /// song is in the cache of only one of them.
    std::vector<EdgeInfo> nearest(std::optional<Location> from, std::uint64_t seed) const;

    struct Edge {
        EdgeInfo info;
        bool probed = false, healthy = true;
        bool last_ok = true;  ///< the last probe
    };
    const std::vector<Edge>& all() const noexcept { return edges_; }

   private:
    std::vector<Edge> edges_;
};

}  // namespace stretto::swarm
