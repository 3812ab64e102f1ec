#include "edge/behind.hpp"

#include <algorithm>

namespace stretto::edge {
namespace {

http::Upstream::Limits with_connections(http::Upstream::Limits limits, long connections) {
    limits.connections = std::max(1L, connections);
    return limits;
}

}  // namespace

Behind::Behind(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits,
               const Dialect* dialect)
    : ranking_(ranking), dialect_(dialect) {
    const long all = limits.connections;
    for (std::size_t i = 0; i < ranking.size(); ++i)
        servers_.push_back(std::unique_ptr<Ways>{
            new Ways{{loop, ranking.name(i), with_connections(limits, all - all / 2)},
                     {loop, ranking.name(i), with_connections(limits, all / 2)}}});
}

http::Upstream& Behind::server(std::size_t which, const Route& route) const {
    auto& ways = *servers_[which];
    return route.is_object() || route.kind == Route::songs || route.kind == Route::playlist
               ? ways.songs
               : ways.others;
}

}  // namespace stretto::edge
