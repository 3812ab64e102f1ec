#pragma once
// The other end's requests, passed on to an HTTP server, and its responses on their way back.
#include <functional>
#include <list>
#include <memory>

#include "http/upstream.hpp"
#include "net/life.hpp"
#include "rtc/frame.hpp"

namespace stretto::rtc {

class Answers {
   public:
    static constexpr std::size_t most = 4;  ///< at a time; more are answered with 503

    /// @param send  a message; each of at most most_frame_bytes
    /// @param ready  bytes of a body have come: call fill() when there is room for them
    Answers(http::Upstream& upstream, std::function<void(const Frame&)> send,
            std::function<void()> ready)
        : upstream_(upstream), send_(std::move(send)), ready_(std::move(ready)) {}

    /// An ask or a stop. Malformed: a breach.
    Result<bool> take(const Frame& frame);
    /// Send one message of a body; bodies take turns. @return false: there is none
    /// @param in_part  also one that is not full, for nothing else is on its way
    bool fill(bool in_part);
    bool empty() const noexcept { return open_.empty(); }
    std::uint64_t sent() const noexcept { return sent_; }  ///< bytes of bodies

   private:
    struct Answer;
    using Owned = std::shared_ptr<Answer>;
    void refuse(std::uint32_t number, int status, std::string_view fields = {});
    void pass_on(std::uint32_t number, const http::Request& request);
    void on_head(Answer& answer, http::Response&& response);
    bool on_data(Answer& answer, BytesView bytes);
    void on_end(Answer& answer, const http::Failure* failure);
    void remove(const Answer& answer);

    http::Upstream& upstream_;
    std::function<void(const Frame&)> send_;
    std::function<void()> ready_;
    std::list<Owned> open_;  // the next to send first
    std::uint64_t sent_ = 0;
    net::Life life_;
};

/// Those fields of a response that both ends of a channel pass on, as "Name: value\r\n" each, of
/// `room` bytes at most: what does not fit is left out, the last of them first.
std::string passed_fields(const http::Fields& fields, std::size_t room);

}  // namespace stretto::rtc
