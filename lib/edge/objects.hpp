#pragma once
// Objects by path, from a store's directory or through a cache from an upstream server.
#include <functional>
#include <memory>
#include <string>

#include "edge/entry.hpp"
#include "edge/route.hpp"
#include "http/freshness.hpp"

namespace stretto::edge {

struct Found {
    std::shared_ptr<Entry> entry;  ///< nullptr: not available, see status and why
    int status = 404;              ///< 404, or 502, 503, 504 if upstream is unreachable
    std::string why;
    std::optional<http::CacheStatus> cache;  ///< what the cache did; nullopt at an origin
};

/// One per worker; calls and callbacks happen on its thread.
class Objects {
   public:
    virtual ~Objects() = default;
    /// @param route  of an object
    /// @param done  called at once or later; the entry's content may still be incomplete
    virtual void get(const Route& route, std::function<void(Found)> done) = 0;
};

}  // namespace stretto::edge
