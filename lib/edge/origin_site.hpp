#pragma once
// What an origin answers from its store beside what every server of ours does: objects, the list of
// songs, the page.
#include "edge/catalogue.hpp"
#include "edge/origin.hpp"
#include "edge/site.hpp"

namespace stretto::edge {

/// One for each worker.
class OriginSite : public Backend {
   public:
    OriginSite(net::Loop& loop, Origin& origin, Catalogue& catalogue)
        : loop_(loop), origin_(origin), catalogue_(catalogue) {}

    void get(const Route& route, std::function<void(Found)> done) override;
    void serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
               const http::Reply& reply) override;

   private:
    void list(const http::Target& target, const http::Reply& reply);

    net::Loop& loop_;
    Origin& origin_;
    Catalogue& catalogue_;
};

}  // namespace stretto::edge
