#pragma once
// The requests that only an origin answers, from its store's directory.
#include "edge/librarian.hpp"
#include "edge/list_site.hpp"
#include "edge/origin.hpp"

namespace stretto::edge {

/// One for each worker.
class OriginSite : public ListSite {
   public:
    OriginSite(net::Loop& loop, Origin& origin, const Librarian& librarian,
               const PageOptions& options)
        : ListSite(loop, librarian, options), loop_(loop), origin_(origin) {}

    void get(const Route& route, std::function<void(Found)> done) override;

   private:
    void serve_object(const http::Incoming& incoming, const Route& route,
                      const http::Reply& reply) override;

    net::Loop& loop_;
    Origin& origin_;
};

}  // namespace stretto::edge
