#pragma once
// A server of HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113) on one loop: reads requests, passes them to
// a handler, writes its responses. A process has one server per worker thread.
#include <atomic>
#include <list>
#include <memory>
#include <unordered_set>

#include "http/access_log.hpp"
#include "http/budget.hpp"
#include "http/channel.hpp"
#include "http/histogram.hpp"
#include "http/limiter.hpp"
#include "http/limits.hpp"
#include "http/outgoing.hpp"
#include "http/parser.hpp"
#include "net/loop.hpp"
#include "net/networks.hpp"

namespace stretto::http {

/// Counted by all workers, read for metrics.
struct Counters {
    std::atomic<std::uint64_t> accepted{0}, open{0}, requests{0}, bytes_sent{0}, bad_requests{0},
        timed_out{0}, limited{0}, broken{0}, accept_pauses{0}, handshakes{0}, resumed{0},
        failed_handshakes{0}, dropped_handshakes{0}, not_allowed{0}, http2{0};
    std::atomic<std::uint64_t> by_class[6]{};  ///< responses 1xx..5xx at [1]..[5]
    std::array<Histogram, 3> first_byte;       ///< by cache: HIT, MISS, neither
};

class Connection;
class Server;

/// The reply channel of a request. Copies share it; use it only on the server's thread. The first
/// send() counts; after the client has left it does nothing.
class Reply {
   public:
    Reply() = default;
    Reply(std::shared_ptr<Connection> connection, std::uint64_t number)
        : connection_(std::move(connection)), number_(number) {}

    explicit operator bool() const noexcept { return connection_ != nullptr; }

    void send(Outgoing&& response) const;
    /// A plain text answer, for errors: "not found\n".
    void send(int status, std::string_view why, std::string fields = {}) const;
    /// An interim response (1xx); only to HTTP/1.1.
    void interim(const Response& response) const;
    /// Whether the client has left or has its response.
    bool over() const noexcept;
    /// Call when the client has closed its end for half_closed_time, or reset its connection,
    /// before it is answered; its connection is closed then. Of several the last counts. Without
    /// one a client that has closed its end is answered however long that takes.
    void when_gone(std::function<void()> call) const;
    net::Loop& loop() const noexcept;
    /// No shared cache may keep what this sends, since its client has a right of its own to it.
    void keep_private() noexcept { private_ = true; }

   private:
    std::shared_ptr<Connection> connection_;
    std::uint64_t number_ = 0;
    bool private_ = false;
};

/// Responds to requests, now or later. Called on the server's thread.
class Handler {
   public:
    virtual ~Handler() = default;
    virtual void handle(Incoming&& incoming, Reply reply) = 0;
    /// A response of at least 64 kB was sent to `peer`: the rate of its connection, bit/s.
    virtual void delivered(const net::Address& peer, double bits_per_second) {
        (void)peer, (void)bits_per_second;
    }
};

/// Shared by the servers of one process.
struct Shared {
    Counters counters;
    AccessLog& log;
    Limiter& limiter;
    net::Networks proxies = {};  ///< whose word is taken on whom they ask for
    net::Networks allowed = {};  ///< of clients; empty: all
    Budgets budgets = {};
    bool allows(const net::Address& client) const noexcept {
        return allowed.empty() || allowed.contain(client);
    }
};

class Server {
   public:
    Server(net::Loop& loop, Handler& handler, const Limits& limits, Shared& shared);
    ~Server();

    /// Take over a listening socket.
    /// @param certificates  its connections speak TLS; they outlive the server
    void listen(File socket, const Certificates* certificates = nullptr);
    /// Accept no more connections, finish open responses, close idle connections; those that have
    /// not sent a request yet have a moment for it. `done` is called after the last connection.
    void drain(std::function<void()> done);
    std::size_t connections() const noexcept { return connections_.size(); }

   private:
    friend class Connection;
    struct Listener {
        File socket;
        const Certificates* certificates;
        std::unique_ptr<net::Poll> poll;
    };
    bool accept_from(int socket, const Certificates* certificates);
    bool admit(File socket, const net::Address& peer, const Certificates* certificates);
    void bound_handshakes();
    bool close_one_idle();
    void pause_accepting();
    void resume_accepting();
    void sweep();
    void remove(Connection& connection);
    const std::string& date();

    net::Loop& loop_;
    Handler& handler_;
    Limits limits_;
    Shared& shared_;
    LogLines lines_;
    std::vector<Listener> listeners_;
    ChannelBuffers buffers_;
    std::list<Connection*> handshakes_;  // under way, oldest first; before those that are in it
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    net::Timer second_, resume_;
    bool paused_ = false, draining_ = false;
    std::function<void()> drained_;
    RequestParser parser_;  // between requests nothing is left in it, so connections share it
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace stretto::http
