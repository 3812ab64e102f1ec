#pragma once
// One worker's clients of the upstream servers.
#include <memory>
#include <vector>

#include "edge/ranking.hpp"
#include "edge/route.hpp"
#include "http/upstream.hpp"

namespace stretto::edge {

/// The ways of servers that are none of ours, such as object stores.
class Dialect {
   public:
    virtual ~Dialect() = default;
    /// Give a response for an object the fields that an origin of ours gives it.
    virtual void translate(const Route& route, http::Response& response) const = 0;

    struct Refusal {
        bool passing = false;  ///< another try a little later may help
        int status = 502;      ///< for the client: 404, or an error of ours
        std::string why;       ///< for operators, if there is something to mend
    };
    /// What a response from 400 on means. @param body  its first 64 KiB
    virtual Refusal refusal(const http::Response& response, BytesView body) const = 0;
};

class Behind {
   public:
    /// @param limits  per server; half of the connections, at least one, are reserved for objects
    ///                of songs, so that slow responses of other paths do not delay songs
    /// @param dialect  nullptr: they speak like servers of ours
    Behind(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits,
           const Dialect* dialect = nullptr);

    Ranking& ranking() const noexcept { return ranking_; }
    const Dialect* dialect() const noexcept { return dialect_; }
    http::Upstream& server(std::size_t which, const Route& route) const;

   private:
    /// Two clients of the same server.
    struct Ways {
        http::Upstream songs, others;
    };
    Ranking& ranking_;
    const Dialect* dialect_;
    std::vector<std::unique_ptr<Ways>> servers_;
};

}  // namespace stretto::edge
