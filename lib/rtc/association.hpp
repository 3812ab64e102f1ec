#pragma once
// The owner of usrsctp: an SCTP association over DTLS (RFC 8261). Its stream 0 is the only data
// channel (RFC 8831), negotiated in advance.
#include <deque>
#include <functional>
#include <set>

#include "base/bytes.hpp"

struct socket;

namespace stretto::rtc {

class Association;

/// The associations of a process, and their clock.
struct Associations {
    std::function<std::uint64_t()> now_ms;
    std::set<Association*> all;
};

/// The global state of usrsctp, once per process. Only the Engine uses it.
void start_sctp();
void end_sctp();
void run_sctp_timers(std::uint64_t passed_ms);

class Association {
   public:
    struct Calls {
        std::function<void(BytesView packet)> packet;    ///< to be sent
        std::function<void()> open;                      ///< messages may be sent
        std::function<void(BytesView message)> message;  ///< of channel 0
        std::function<void()> drained;                   ///< queued() has become less
        /// The association has ended; no further call follows. Do not destroy it in this callback.
        std::function<void(const char* why)> closed;
    };
    Association(Associations& all, Calls calls);
    /// Ends the association, and informs the remote peer.
    ~Association();
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;

    /// Connect. Both peers call this.
    void connect();
    void receive(BytesView packet);
    /// Send a message of at most most_message_bytes.
    void send(Bytes message);
    /// Bytes of messages that wait because the buffer of usrsctp (`send_buffer_bytes`) is full.
    std::size_t queued() const noexcept { return queued_; }
    /// The rate at which the remote peer acknowledged bytes recently; 0: unknown.
    double bytes_per_s() const noexcept { return rate_; }
    void tick();

    static constexpr std::size_t most_message_bytes = 65536;
    static constexpr unsigned send_buffer_bytes = 128 * 1024;

   private:
    void pump();
    void on_notification(BytesView bytes);
    void on_message(BytesView bytes, std::uint16_t stream, std::uint32_t protocol, bool whole);
    void flush();
    void count(std::size_t bytes);
    void close(const char* why);

    Associations& all_;
    Calls calls_;
    struct socket* socket_ = nullptr;
    bool open_ = false, closed_ = false;
    std::deque<Bytes> queue_;
    std::size_t queued_ = 0;
    Bytes partial_;
    unsigned ticks_ = 0;
    std::size_t sent_ = 0;  // bytes since rated_ms_
    std::uint64_t rated_ms_;
    double rate_ = 0;
};

}  // namespace stretto::rtc
