#pragma once
// An origin whose store is a bucket: our cache in front of the object store, with the list of songs
// that publishers keep there.
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "edge/list_site.hpp"
#include "edge/proxy.hpp"
#include "s3/store.hpp"

namespace stretto::edge {

/// Answers of S3 as those of an origin.
class BucketDialect : public Dialect {
   public:
    void translate(const Route& route, http::Response& response) const override;
    Refusal refusal(const http::Response& response, BytesView body) const override;
};

/// Reads the catalogue of a bucket again and again, on a thread of its own: two requests each ten
/// seconds say which of its parts have changed, however many songs there are.
class BucketCatalogue : public Listings {
   public:
    explicit BucketCatalogue(const s3::Location& location);
    ~BucketCatalogue() override;
    std::shared_ptr<const Listing> listing() const override;

   private:
    void run();
    void look();
    void end_if_stopped() const;

    s3::Bucket bucket_;
    std::map<std::string, std::string> tags_;  // of the parts that were read
    std::map<std::string, std::vector<std::string>> ids_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<const Listing> listing_;  // guarded by mutex_
    bool stop_ = false;                       // guarded by mutex_
    std::thread thread_;
};

/// One for each worker.
class BucketSite : public ListSite {
   public:
    /// @param name     in Cache-Status
    BucketSite(net::Loop& loop, const Listings& listings, const PageOptions& options,
               std::unique_ptr<Proxy> proxy, std::string name)
        : ListSite(loop, listings, options),
          loop_(loop),
          proxy_(std::move(proxy)),
          name_(std::move(name)) {}

    void get(const Route& route, std::function<void(Found)> done) override;

   private:
    void serve_object(const http::Incoming& incoming, const Route& route,
                      const http::Reply& reply) override;

    net::Loop& loop_;
    std::unique_ptr<Proxy> proxy_;
    std::string name_;
};

}  // namespace stretto::edge
