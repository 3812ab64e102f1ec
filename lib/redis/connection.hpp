#pragma once
// One connection to a Redis server: libhiredis on our loop. Its own adapter for libuv never reports
// a refused connection, and waits for ever for a silent one.
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "net/life.hpp"
#include "net/loop.hpp"
#include "redis/reply.hpp"
#include "redis/slots.hpp"

struct redisAsyncContext;

namespace stretto::redis {

/// Who we are for a server; both empty: nobody.
struct Login {
    std::string user, password;
};

class Connection {
   public:
    struct Times {
        /// For the connection, and for each answer. A server that takes longer has failed.
        std::chrono::milliseconds answer{500};
        /// Commands that are not urgent wait so long for others to share a write.
        std::chrono::milliseconds batch{1};
    };
    using Done = std::function<void(const Reply&)>;

    /// Greets the server with AUTH or PING.
    /// @param ready  called once when the server has answered the greeting
    /// @param over   called once when the connection is over, after the last Done, with the reason;
    ///               may drop the Connection (Loop::drop)
    Connection(net::Loop& loop, const Server& to, const Login& login, const Times& times,
               std::function<void()> ready, std::function<void(const std::string& why)> over);
    ~Connection();

    /// @param command  as print_command() makes it
    /// @param done     called once: later, or never when the Connection is destroyed before
    void send(const std::string& command, bool urgent, Done done);
    /// Commands without an answer.
    std::size_t pending() const noexcept { return sent_ms_.size(); }
    bool is_ready() const noexcept { return ready_; }
    bool is_over() const noexcept { return !context_; }

   private:
    struct Hooks;
    struct Wanted;
    void greet(const Login& login);
    void greeted(const Reply& reply);
    void want(int events);
    void serve(int events);
    void look_at_clock();
    void close(const std::string& why);
    void end(const std::string& why);

    net::Loop& loop_;
    Times times_;
    std::function<void()> on_ready_;
    std::function<void(const std::string&)> on_over_;
    redisAsyncContext* context_ = nullptr;  // frees itself; its last hook is end()
    std::unique_ptr<net::Poll> poll_;
    net::Timer flush_, clock_;
    std::deque<std::uint64_t> sent_ms_;
    std::string why_;
    int wanted_ = 0;
    bool urgent_ = true, ready_ = false, destroyed_ = false;
    net::Life life_;
};

}  // namespace stretto::redis
