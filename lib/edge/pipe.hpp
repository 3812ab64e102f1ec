#pragma once
// A body that is forwarded from upstream to one client without being stored, as fast as the client
// reads.
#include <atomic>
#include <deque>

#include "http/body.hpp"
#include "http/upstream.hpp"

namespace stretto::edge {

/// Filled and emptied on one thread. The client's body and the fetch share it. When the body is
/// destroyed, the fetch is cancelled.
class Pipe {
   public:
    static constexpr std::size_t most = 32u << 10;

    ~Pipe() { held_ -= queued_; }
    /// Bytes in all pipes.
    static std::uint64_t held() { return held_; }

    /// @return false: the pipe is full; stop until it is drained
    bool push(BytesView bytes);
    void end() { settle(false); }
    void fail() { settle(true); }
    /// Keep the fetch alive. `gone` is called if the reader leaves before the end.
    void own(std::unique_ptr<http::Fetch> fetch, std::function<void()> gone);

    static std::unique_ptr<http::Body> body(std::shared_ptr<Pipe> pipe);

   private:
    class Reader;
    void settle(bool failed);
    void wake();
    void reader_went();

    std::deque<std::shared_ptr<const Bytes>> queue_;
    std::size_t queued_ = 0;
    static inline std::atomic<std::uint64_t> held_{0};
    bool ended_ = false, failed_ = false, stopped_ = false;
    std::function<void()> wake_;
    bool reader_gone_ = false;
    std::function<void()> gone_;
    std::unique_ptr<http::Fetch> fetch_;
};

}  // namespace stretto::edge
