#pragma once
// One worker's clients of the upstream servers.
#include <memory>
#include <vector>

#include "edge/ranking.hpp"
#include "edge/route.hpp"
#include "http/upstream.hpp"

namespace stretto::edge {

class Behind {
   public:
    /// @param limits  per server; half of the connections, at least one, are reserved for objects
    ///                of songs, so that slow responses of other paths do not delay songs
    Behind(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits);

    Ranking& ranking() const noexcept { return ranking_; }
    http::Upstream& server(std::size_t which, const Route& route) const;

   private:
    /// Two clients of the same server.
    struct Ways {
        http::Upstream songs, others;
    };
    Ranking& ranking_;
    std::vector<std::unique_ptr<Ways>> servers_;
};

}  // namespace stretto::edge
