#pragma once
// Objects by their path, wherever they come from: a store's directory, or a server behind a cache.
#include <functional>
#include <memory>
#include <string>

#include "edge/entry.hpp"
#include "edge/route.hpp"
#include "http/freshness.hpp"

namespace stretto::edge {

struct Found {
    std::shared_ptr<Entry> entry;  ///< nullptr: there is none, see status and why
    int status = 404;              ///< 404, or 502, 503, 504 when nobody could be asked
    std::string why;
    std::optional<http::CacheStatus> cache;  ///< how it was found; none at an origin
};

/// One for each worker; called and calling back on its thread.
class Objects {
   public:
    virtual ~Objects() = default;
    /// @param route  of an object
    /// @param done  called at once or later; the entry's content may still be coming
    virtual void get(const Route& route, std::function<void(Found)> done) = 0;
};

}  // namespace stretto::edge
