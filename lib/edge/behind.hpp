#pragma once
// The servers behind an edge, as one worker asks them.
#include <memory>
#include <vector>

#include "edge/ranking.hpp"
#include "edge/route.hpp"
#include "http/upstream.hpp"

namespace stretto::edge {

class Behind {
   public:
    /// @param limits  of each server; half of its connections, at least one, are for objects of
    ///                songs, so that slow answers to other paths leave songs theirs
    Behind(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits);

    Ranking& ranking() const noexcept { return ranking_; }
    http::Upstream& server(std::size_t which, const Route& route) const;

   private:
    /// Two ways to the same server.
    struct Ways {
        http::Upstream songs, others;
    };
    Ranking& ranking_;
    std::vector<std::unique_ptr<Ways>> servers_;
};

}  // namespace stretto::edge
