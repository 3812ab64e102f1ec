#pragma once
// Answers one request of a local HTTP client from a peer over a link. It requests the body in
// windows, as fast as the client reads, because a browser at the other end cannot be paused.
#include <deque>

#include "http/range.hpp"
#include "http/server.hpp"
#include "rtc/links.hpp"

namespace stretto::rtc {

class Relay : public std::enable_shared_from_this<Relay> {
   public:
    /// Four windows are 512 kB, the most that may be requested and not received on a link.
    static constexpr std::uint64_t window = 128 * 1024;

    /// @param target  the path at the peer
    Relay(net::Loop& loop, const http::Request& request, std::string target, http::Reply reply);
    /// Sends a reply, possibly later.
    void start(Links& links, const std::string& peer);

   private:
    class Reader;
    void opened(const std::shared_ptr<Link>& link, int status, const std::string& why);
    void ask();
    http::Request next_request() const;
    std::uint64_t next_bytes() const;
    void on_head(http::Response&& response);
    bool take_part(const http::Response& response);
    void reply_with(const http::Response& response);
    void reply_without_body(const http::Response& response);
    void on_body(BytesView bytes);
    void on_end(const char* why);
    void fail(int status, std::string_view why, std::string fields = {});
    void wake();
    void stop();
    http::Body::State read(http::Slice& slice, const std::function<void()>& wake);

    http::Request request_;
    http::Reply reply_;
    std::optional<http::OpenRange> range_;
    std::weak_ptr<Link> link_;
    std::shared_ptr<void> lease_;
    std::uint32_t asked_ = 0;
    bool asking_ = false, replied_ = false, gone_ = false, failed_ = false;
    std::uint64_t next_ = 0;            // the first byte that has not arrived
    std::optional<std::uint64_t> end_;  // the end of the body; unknown before the first head
    std::uint64_t due_ = 0;             // missing bytes of the current window
    std::string etag_;
    std::deque<std::shared_ptr<const Bytes>> queue_;
    std::size_t queued_ = 0;
    std::function<void()> wake_;
    net::Timer late_;
};

}  // namespace stretto::rtc
