#include "listen/token.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <thread>

#include "../toy_server.hpp"
#include "sign/key.hpp"
#include "sign/token.hpp"

using namespace stretto;
using namespace stretto::listen;

namespace {

const sign::PrivateKey& key() {
    static const auto one = sign::PrivateKey::generate();
    return one;
}

/// One that has nearly expired, and so is renewed as soon as that is allowed.
std::string token_of(const std::string& id) {
    sign::Claims claims;
    claims.expires = std::time(nullptr) + 1;
    claims.container = sign::Scope::of_songs({"song"});
    claims.id = id;
    return sign::print_token(claims, key(), "k");
}

/// A shop on a thread of its own: the first token is waited for.
struct Shop {
    Shop() : thread([this] { loop.run(); }) {}
    ~Shop() {
        loop.post([this] { loop.stop(); });
        thread.join();
    }
    net::Loop loop;
    toy::Server server{loop};
    std::thread thread;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(listen_token)

BOOST_AUTO_TEST_CASE(a_shop_that_redirects_gives_the_next_token_too) {
    Shop shop;
    int asked = 0;
    // without a path: what follows the host is a query
    shop.server.first = [&](const std::string& target, const http::Reply& reply) {
        if (target != "/?shop=1") return false;
        shop.server.files["/new"] = token_of("token-" + std::to_string(++asked));
        reply.send(307, "elsewhere", "Location: /new\r\n");
        return true;
    };
    net::Loop loop;
    std::string said;
    TokenSource::Options options;
    options.url = shop.server.url + "?shop=1#part";
    options.least_pause = std::chrono::seconds{0};
    TokenSource source{loop, options, [&](const std::string& why) { said = why; }};
    BOOST_TEST(source.id() == "token-1");
    BOOST_TEST(toy::run_until(loop, [&] { return source.id() != "token-1" || !said.empty(); }));
    BOOST_TEST(said == "");
}

BOOST_AUTO_TEST_SUITE_END()
