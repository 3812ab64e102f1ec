#pragma once
// The server's side of HTTP/2 on one connection (RFC 9113, RFC 7541), with nghttp2: bytes in,
// requests out; responses in, bytes out. No socket and no clock.
//
// What a client can make us keep is bounded: `streams` requests at a time, with heads as of
// HTTP/1.1 and twice `Limits::body_bytes` of bodies together. What it can make us do is bounded by
// its credit: each frame but DATA of some size, and each stream that ends early, takes from it;
// responses that it reads, and time, give to it. A client without credit gets GOAWAY with
// ENHANCE_YOUR_CALM.
#include <nghttp2/nghttp2.h>

#include <array>
#include <functional>
#include <unordered_map>

#include "base/own.hpp"
#include "http/budget.hpp"
#include "http/exchange.hpp"
#include "http/limits.hpp"
#include "http/outgoing.hpp"
#include "net/life.hpp"

namespace stretto::http {

class Http2 {
   public:
    /// What a connection does for its HTTP/2. None of these calls the Http2 back but by a reply.
    class Host {
       public:
        /// The head of a request is there.
        virtual void note_request(Exchange& exchange, const Request& request) = 0;
        /// A whole request, to be answered with send().
        virtual void pass_on(Exchange& exchange, Incoming&& incoming, std::uint64_t number) = 0;
        virtual void note_response(Exchange& exchange, const Outgoing& response) = 0;
        /// It is sent, or its stream has ended before.
        virtual void ended(const Exchange& exchange) = 0;
        virtual void note_bad_request() = 0;
        /// A response could not be sent whole, for a reason of ours.
        virtual void note_broken() = 0;
        /// Outside take() and produce(): there may be something to produce.
        virtual void pending() = 0;
        /// Memory for the body of a request or a response. @return  false: there is no more for
        /// this client
        virtual bool take(Budget::Share& share, Budgets::Of of, const Exchange* exchange,
                          std::size_t bytes) = 0;
        virtual std::uint64_t now_ms() = 0;
        virtual const std::string& date() = 0;

       protected:
        ~Host() = default;
    };

    /// What a client of HTTP/2 sends first.
    static constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    static constexpr std::uint32_t streams = 100;

    Http2(Host& host, const net::Address& peer, const Limits& limits);
    ~Http2();

    /// Bytes of the client, from its preface on.
    void take(BytesView bytes);
    /// Append frames to be sent until there are `most` bytes, or a frame more.
    void produce(Bytes& out, std::size_t most);
    /// Whether produce() would bring something.
    bool wants_to_send() const noexcept;
    /// All is said: to be closed once it is sent.
    bool finished() const noexcept;
    /// No request is under way.
    bool idle() const noexcept { return streams_.empty(); }

    void send(std::uint64_t number, Outgoing&& response);
    void interim(std::uint64_t number, const Response& response);
    bool over(std::uint64_t number) const noexcept;
    void when_gone(std::uint64_t number, std::function<void()> call);

    /// When expire() is to be called, by the clock of now_ms().
    std::uint64_t deadline_ms() const noexcept;
    /// End what has waited for the client for too long. @return  how much of it there was
    int expire();
    /// Take the requests that are on their way, then no more.
    void drain();
    /// The connection is closed: all streams have ended.
    void abort();

   private:
    struct Stream;
    struct Callbacks;
    struct Memory;
    struct Busy;

    Stream* find(std::int32_t id) const noexcept;
    int begin_head(const nghttp2_frame& frame);
    int take_field(Stream* stream, std::string_view name, std::string_view value);
    void take_head(Stream& stream, bool whole);
    void take_data(Stream& stream, BytesView bytes);
    void pass_on(Stream& stream);
    void refuse(Stream& stream, int status, std::string_view why);
    void answer(Stream& stream, Outgoing&& response);
    int began_frame(const nghttp2_frame_hd& head);
    void got_frame(const nghttp2_frame& frame);
    void sent_frame(const nghttp2_frame& frame);
    void closed(std::int32_t id);
    ssize_t ask(Stream& stream, std::size_t most, std::uint32_t& flags);
    ssize_t next_slice(Stream& stream, std::uint32_t& flags);
    int put(Stream& stream, BytesView head, std::size_t size);
    void wake(std::int32_t id);
    void end(std::unique_ptr<Stream> stream);
    void give(Stream& stream, std::chrono::milliseconds time);
    bool spend(int credit);
    std::optional<std::size_t> afford(BytesView bytes);
    void calm();
    void say_last();
    void tell_host();

    Host& host_;
    net::Address peer_;
    const Limits& limits_;
    void* frame_ = nullptr;  // where nghttp2 makes a frame
    std::unique_ptr<nghttp2_session, Freed<nghttp2_session_del>> session_;
    std::unordered_map<std::int32_t, std::unique_ptr<Stream>> streams_;
    Bytes* out_ = nullptr;  // within produce()
    std::size_t most_ = 0;
    int busy_ = 0;
    bool broken_ = false;  // nothing can be sent any more
    bool failed_ = false, calmed_ = false, greeted_ = false, leaving_ = false, left_ = false,
         aborted_ = false;
    int credit_;
    std::size_t payload_left_ = preface.size();  // before the next frame
    std::array<std::uint8_t, 9> frame_head_{};
    std::size_t frame_head_bytes_ = 0;
    std::uint64_t credited_ms_;
    std::int32_t last_id_ = -1, skipped_from_ = 0, skipped_to_ = 0;  // never to be used any more
    std::size_t block_bytes_ = 0;  // of the field section under way
    std::size_t uploads_ = 0;      // bytes of bodies that are not passed on yet
    std::uint64_t head_deadline_ms_ = UINT64_MAX, idle_deadline_ms_ = 0, last_call_ms_ = UINT64_MAX;
    std::uint64_t progress_ms_ = 0;  // when the client last took a bit of a response
    std::uint64_t progress_ = 0;
    net::Life life_;
};

}  // namespace stretto::http
