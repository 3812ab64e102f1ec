#include "listen/local_store.hpp"

#include "edge/origin_site.hpp"

namespace stretto::listen {
namespace {

constexpr std::size_t open_files = 64;
constexpr std::uint64_t memory_bytes = 16u << 20;

}  // namespace

struct LocalStore::Parts {
    store::Tree tree;
    edge::Origin origin{tree, open_files, memory_bytes};
    edge::Catalogue catalogue{tree};
    http::AccessLog log{"", false};
    http::Limiter limiter{0};
    http::Shared shared{{}, log, limiter};
    http::Status status{"store", "origin", shared};
    edge::SiteShared site_shared;
    edge::OriginSite backend;
    edge::Site site;
    http::Server server;

    Parts(net::Loop& loop, const std::filesystem::path& directory)
        : tree(directory),
          backend(loop, origin, catalogue),
          site(loop, backend, site_shared, status),
          server(loop, site, {}, shared) {}
};

LocalStore::LocalStore(net::Loop& loop, const std::filesystem::path& directory)
    : parts_(std::make_unique<Parts>(loop, directory)) {
    const auto addresses = net::parse_listen("127.0.0.1:0");
    auto sockets = net::listen(addresses->front(), 1);
    url_ = "http://" + net::local_address(sockets[0].fd()).print();
    parts_->server.listen(std::move(sockets[0]));
}

LocalStore::~LocalStore() = default;

}  // namespace stretto::listen
