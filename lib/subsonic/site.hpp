#pragma once
// The API over HTTP: lets listeners in, answers them, and forwards songs and covers from upstream.
#include <map>
#include <memory>
#include <random>

#include "http/server.hpp"
#include "http/status.hpp"
#include "http/upstream.hpp"
#include "subsonic/desk.hpp"
#include "subsonic/keys.hpp"
#include "subsonic/reader.hpp"

namespace stretto::subsonic {

class Site : public http::Handler {
   public:
    /// The same server, over connections that do not wait for one another.
    struct Upstreams {
        http::Upstream &songs, &covers, &own;  ///< own: the list of songs, and plays
    };
    /// Songs that are sent at a time: a client that reads slowly keeps a connection upstream.
    static constexpr std::size_t most_songs = 256, most_songs_of_one = 16;

    /// @param wrong_keys  that one source may show in a minute
    Site(net::Loop& loop, const Upstreams& upstreams, http::Status& status, Keys keys,
         unsigned wrong_keys, std::chrono::seconds every, std::uint64_t seed);

    void handle(http::Incoming&& incoming, http::Reply reply) override;
    void set_keys(Keys keys) { keys_ = std::move(keys); }

   private:
    struct Client;
    void call(const http::Incoming& incoming, const std::string& method,
              const Parameters& parameters, const Client& client);
    std::variant<const Listener*, Refusal> let_in(const Parameters& parameters);
    void forward(const http::Incoming& incoming, const Forward& what, const std::string& listener,
                 const Client& client);
    void post(const http::Incoming& incoming, const Post& what, const Client& client);
    void add_metrics(std::vector<http::Metric>& metrics) const;

    /// Songs that are being sent, of each listener.
    struct Sending {
        std::map<std::string, std::size_t> of;
        std::size_t all = 0;
    };
    net::Loop& loop_;
    Upstreams upstreams_;
    std::shared_ptr<Sending> sending_ = std::make_shared<Sending>();
    http::Status& status_;
    Keys keys_;
    WrongKeys wrong_keys_;
    Reader reader_;
    std::mt19937_64 random_;
    std::uint64_t wrong_ = 0, refused_ = 0, scrobbles_ = 0;
};

}  // namespace stretto::subsonic
