#pragma once
// The requests that only an origin answers, from its store: objects, the list of songs, the page.
#include "edge/librarian.hpp"
#include "edge/origin.hpp"
#include "edge/page.hpp"
#include "edge/site.hpp"

namespace stretto::edge {

/// One for each worker.
class OriginSite : public Backend {
   public:
    /// @param tracker  URL through which pages exchange chunks; empty: they do not
    OriginSite(net::Loop& loop, Origin& origin, Librarian& librarian, const std::string& tracker);

    void get(const Route& route, std::function<void(Found)> done) override;
    void serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
               const http::Reply& reply) override;

   private:
    /// A request that waits until the store was read for the first time.
    struct Waiting {
        Query query;
        http::Reply reply;
        std::uint64_t until_ms = 0;
    };
    void list(const http::Target& target, const Route& route, const http::Reply& reply);
    void begin(const Query& query, const http::Reply& reply);
    void go_on(const std::shared_ptr<ListPage>& page, bool m3u8, const http::Reply& reply);
    void look();
    void send_page(const http::Reply& reply) const;
    void send_asset(const Asset& asset, const http::Request& request,
                    const http::Reply& reply) const;

    net::Loop& loop_;
    Origin& origin_;
    Librarian& librarian_;
    std::string page_, page_fields_, asset_fields_;
    std::vector<Waiting> waiting_;
    net::Timer look_;
};

}  // namespace stretto::edge
