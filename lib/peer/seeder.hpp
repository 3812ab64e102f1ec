#pragma once
// A peer's server: passes kept chunks, verified pieces of chunks that it still receives, and
// indexes of announced songs on, at a bounded rate, and
// answers nothing else: a whole cache listed to strangers would tell what somebody listens to.
#include <unordered_set>

#include "edge/origin.hpp"
#include "http/server.hpp"
#include "net/life.hpp"
#include "peer/passes.hpp"
#include "peer/unfinished.hpp"
#include "store/kept.hpp"

namespace stretto::peer {

/// The upload limit, shared by all uploads: a token bucket on the loop's clock.
class Bucket {
   public:
    /// @param bytes_per_s  0: no limit
    Bucket(net::Loop& loop, double bytes_per_s);
    /// Take up to `most` bytes now; 0: wait.
    std::uint64_t take(std::uint64_t most);
    /// Call once when take() may succeed again.
    void wait(std::function<void()> wake);

   private:
    void refill();
    net::Loop& loop_;
    double rate_, tokens_ = 0;
    std::uint64_t filled_ms_;
    net::Timer timer_;
    std::vector<std::function<void()>> waiting_;
};

class Seeder : public http::Handler {
   public:
    struct Options {
        double upload_bytes_per_s = 0;  ///< 0: no limit
        int uploads = 4;                ///< at a time; further requests get 503
        std::string listen;             ///< "host:port"; empty: every address, a free port
        /// Who shows this as its token needs no pass, because it verifies those of its own
        /// clients: stretto-rtc. Empty: nobody.
        std::string trusted = {};
    };
    /// Error 69 if the port is in use.
    /// @param unfinished  what is given beside whole chunks; nullptr: nothing
    Seeder(net::Loop& loop, const store::Kept& kept, const Options& options,
           const Unfinished* unfinished = nullptr);
    ~Seeder() override;

    int port() const noexcept { return port_; }
    /// "192.0.2.1:8500", of the last listener.
    const std::string& address() const noexcept { return address_; }
    /// Our own transfer needs the whole link: accept no new uploads.
    void urgent(bool now) noexcept { urgent_ = now; }
    /// Nothing of these is given, and of no others withheld before.
    void withhold(const std::vector<std::string>& songs) {
        withheld_ = {songs.begin(), songs.end()};
    }
    /// The tracker has answered: see Passes. Nothing is given before.
    void learn_pass_key(const std::optional<sign::PublicKey>& key);
    /// Bytes of chunks given so far.
    std::uint64_t given() const noexcept { return given_; }

    void handle(http::Incoming&& incoming, http::Reply reply) override;

   private:
    class Upload;
    std::string have(const edge::Route& route) const;
    std::optional<http::Outgoing> part(const edge::Route& route,
                                       const http::Request& request) const;
    void listen(const std::string& where);
    bool trusts(std::string_view token) const;

    net::Loop& loop_;
    const store::Kept& kept_;
    const Unfinished* unfinished_;
    Options options_;
    store::Tree tree_;
    edge::Origin origin_;
    Bucket bucket_;
    http::AccessLog log_;
    http::Limiter limiter_;
    http::Shared shared_;
    int port_ = 0, uploads_ = 0;
    bool urgent_ = false;
    std::unordered_set<std::string> withheld_;
    Passes passes_;
    std::uint64_t given_ = 0;
    std::string address_;
    net::Life life_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace stretto::peer
