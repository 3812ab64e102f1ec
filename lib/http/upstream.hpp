#pragma once
// Requests to one server through libcurl, many at a time on one loop, their bodies as they come.
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "http/message.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"

namespace stretto::http {

/// Why a fetch ended without a whole response.
struct Failure {
    std::string why;
    bool timed_out = false;   ///< 504 rather than 502
    bool overloaded = false;  ///< never sent: too many are under way here
};

/// Called on the loop's thread, until one of `end` or the fetch's destruction.
struct FetchCalls {
    /// The final response's status and fields.
    std::function<void(Response&&)> head;
    /// @return false: stop reading until resume()
    std::function<bool(BytesView)> data;
    /// nullptr: the response is whole.
    std::function<void(const Failure*)> end;
    /// 1xx; may be empty.
    std::function<void(const Response&)> interim;
};

class Upstream;

/// A request under way. Destroying it cancels it.
class Fetch {
   public:
    ~Fetch();
    /// After `data` said false: go on reading, from the loop's next turn on.
    void resume();

   private:
    friend class Upstream;
    struct Transfer;
    explicit Fetch(std::shared_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
    std::shared_ptr<Transfer> transfer_;
};

class Upstream {
   public:
    struct Limits {
        long connections = 64;        ///< open at a time; more requests wait
        std::size_t requests = 4096;  ///< under way and waiting
        std::chrono::milliseconds connect{3000};
        std::chrono::seconds stall{10};  ///< without a byte, before the response or within
        /// Asked before each connection, whatever name led to it; empty: all may be connected to.
        std::function<bool(const net::Address&)> allow;
    };
    /// @param base  "http://host:port" and perhaps a path before every target
    Upstream(net::Loop& loop, std::string base, const Limits& limits);
    ~Upstream();

    /// Connection-level fields are the library's business; what `request.fields` holds is sent as
    /// it is. Never calls back before it has returned.
    std::unique_ptr<Fetch> fetch(const Request& request, Bytes body, FetchCalls calls);

    /// "host:port" of the base.
    const std::string& authority() const noexcept { return authority_; }

   private:
    friend class Fetch;
    using Transfer = Fetch::Transfer;
    void watch(int fd, int what);
    void act(int fd, int events);
    void collect();
    void end_silent();
    void remove(Transfer& transfer);

    net::Loop& loop_;
    std::string base_, prefix_, authority_;
    Limits limits_;
    net::Timer timer_, silence_;
    std::map<int, std::unique_ptr<net::Poll>> polls_;
    std::map<void*, std::shared_ptr<Transfer>> transfers_;  // by easy handle
    struct EndMulti {
        void operator()(void* multi) const noexcept;
    };
    std::unique_ptr<void, EndMulti> multi_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::http
