#pragma once
// What an origin answers beside objects, whatever its store is: the list of songs, the page.
#include "edge/listing.hpp"
#include "edge/page.hpp"
#include "edge/site.hpp"

namespace stretto::edge {

/// One for each worker.
class ListSite : public Backend {
   public:
    ListSite(net::Loop& loop, const Listings& listings, const PageOptions& options);

    void serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
               const http::Reply& reply) final;

   protected:
    /// GET and HEAD of objects, and of what does not exist.
    virtual void serve_object(const http::Incoming& incoming, const Route& route,
                              const http::Reply& reply) = 0;

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
    void send_page(const http::Request& request, const http::Reply& reply) const;
    void send_asset(const Asset& asset, const http::Request& request,
                    const http::Reply& reply) const;

    net::Loop& loop_;
    const Listings& listings_;
    std::string page_, page_fields_, asset_fields_;
    Bytes page_gzip_;  // a first visit waits for the page: at 1 Mbit/s, compression saves 0.4 s
    std::string page_gzip_fields_;
    std::vector<Waiting> waiting_;
    net::Timer look_;
};

/// 404, to be asked again soon.
void send_not_found(const http::Reply& reply);

}  // namespace stretto::edge
