#pragma once
// Our requests to the remote peer of a data channel, and checks of its responses.
#include <functional>
#include <map>
#include <memory>

#include "http/message.hpp"
#include "rtc/frame.hpp"

namespace stretto::rtc {

struct AskCalls {
    std::function<void(http::Response&&)> head;
    std::function<void(BytesView)> body;
    /// nullptr: the response is complete. No further call follows.
    std::function<void(const char* why)> end;
};

/// Uses no sockets and no clock.
class Asks {
   public:
    static constexpr std::size_t most = 4;  ///< at a time; the other end refuses more

    /// http::parse_response_head, which browsers do not have.
    using ReadHead = Result<http::Response> (*)(std::string_view);
    Asks(std::function<void(const Frame&)> send, ReadHead read_head)
        : send_(std::move(send)), read_head_(read_head) {}

    bool full() const noexcept { return open_.size() >= most; }
    bool empty() const noexcept { return open_.empty(); }
    /// Send a GET or HEAD request. Precondition: !full().
    /// @param most_bytes  limit of the body; a longer one violates the protocol
    /// @return the number of the request, for stop()
    std::uint32_t ask(const http::Request& request, std::uint64_t most_bytes, AskCalls calls);
    /// Cancel a request. None of its callbacks is called after this.
    void stop(std::uint32_t number);
    /// Handle a head or a body. Malformed: the peer violated the protocol, for example with bytes
    /// that were not requested.
    Result<bool> take(const Frame& frame);
    /// Fail all requests.
    void end(const char* why);

   private:
    struct Ask {
        std::shared_ptr<AskCalls> calls;
        std::uint64_t left = 0;  ///< bytes that may come
        bool head_only = false, headed = false;
    };
    using Open = std::map<std::uint32_t, Ask>;
    Result<bool> take_head(Open::iterator at, const Frame& frame);
    Result<bool> take_body(Open::iterator at, const Frame& frame);
    Result<bool> take_late(const Frame& frame);
    void finish(std::uint32_t number, const AskCalls& calls, const char* why);

    std::function<void(const Frame&)> send_;
    ReadHead read_head_;
    std::uint32_t next_ = 1;
    Open open_;
    std::map<std::uint32_t, std::uint64_t>
        stopped_;  // cancelled requests, and the bytes that may still arrive
};

}  // namespace stretto::rtc
