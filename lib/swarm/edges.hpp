#pragma once
// The edges that a tracker names: which are healthy, by how probes went, and which are nearest.
#include <cstdint>
#include <optional>
#include <vector>

#include "swarm/announce.hpp"

namespace stretto::swarm {

class Edges {
   public:
    explicit Edges(std::vector<EdgeInfo> edges) { replace(std::move(edges)); }

    /// From a file that was read again. Those that stay keep their health.
    void replace(std::vector<EdgeInfo> edges);

    /// How a probe of the edge at `url` went. Two failures in a row make an edge sick and two
    /// successes well again, so that one lost packet turns nobody away; the first probe of all
    /// decides alone.
    /// @return whether that changed
    bool probed(const std::string& url, bool ok) noexcept;

    /// Healthy edges, nearest first; those of which one of the two places is not known come last.
    /// Edges of one place take turns by `seed`: the same seed gives the same order, so that a song
    /// asked of them is in the cache of one.
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
