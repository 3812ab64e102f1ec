#pragma once
// An SCTP association over DTLS (RFC 8261), with stream 0 as the one data channel (RFC 8831),
// negotiated beforehand: usrsctp's owner.
#include <deque>
#include <functional>

#include "base/bytes.hpp"

struct socket;

namespace stretto::rtc {

class Engine;

/// What usrsctp has of its own, once in a process: called by the Engine alone.
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
        /// Nothing follows. Do not destroy the association in here.
        std::function<void(const char* why)> closed;
    };
    Association(Engine& engine, Calls calls);
    /// Tells the other end.
    ~Association();
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;

    /// Both ends do.
    void connect();
    void receive(BytesView packet);
    /// Of most_message_bytes at most.
    void send(Bytes message);
    /// Bytes of messages that usrsctp, which takes `send_buffer_bytes`, has not taken yet.
    std::size_t queued() const noexcept { return queued_; }
    /// What the other end has acknowledged lately; 0: not known.
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

    Engine& engine_;
    Calls calls_;
    struct socket* socket_ = nullptr;
    bool open_ = false, closed_ = false;
    std::deque<Bytes> queue_;
    std::size_t queued_ = 0;
    Bytes partial_;
    unsigned ticks_ = 0;
    std::size_t sent_ = 0;  // since rated_ms_
    std::uint64_t rated_ms_;
    double rate_ = 0;
};

}  // namespace stretto::rtc
