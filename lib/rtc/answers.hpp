#pragma once
// Forwards requests of the remote peer to an HTTP server, and sends the server's responses back.
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "http/upstream.hpp"
#include "net/life.hpp"
#include "rtc/frame.hpp"

namespace stretto::rtc {

/// What a remote peer shows, and what for. Other paths than those of chunks and indexes: no song.
struct Wanted {
    std::string pass, song;
    int kbps = 0;
};

/// Whom requests are forwarded to, and for whom.
struct Provider {
    http::Upstream& upstream;
    std::string token;  ///< that the server requires; empty: none
    /// The status with which a peer is refused; nullopt: it may have it.
    std::function<std::optional<int>(const std::string& peer, const Wanted&)> refuse;
};

class Answers {
   public:
    static constexpr std::size_t most = 4;  ///< at a time; more are answered with 503

    /// @param peer   the id of the remote peer
    /// @param send   sends a message of at most most_frame_bytes
    /// @param ready  called when bytes of a body have arrived: call fill() when they can be sent
    Answers(const Provider& provider, std::string peer, std::function<void(const Frame&)> send,
            std::function<void()> ready)
        : provider_(provider),
          peer_(std::move(peer)),
          send_(std::move(send)),
          ready_(std::move(ready)) {}

    /// Handle an ask or a stop. Malformed: the peer violated the protocol.
    Result<bool> take(const Frame& frame);
    /// Send one message of a body. Messages of several bodies alternate. @return false: there is
    /// none
    /// @param in_part  also send a message that is not full, because no other is being sent
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

    const Provider& provider_;
    std::string peer_;
    std::function<void(const Frame&)> send_;
    std::function<void()> ready_;
    std::list<Owned> open_;  // the first one sends next
    std::uint64_t sent_ = 0;
    net::Life life_;
};

/// The header fields of a response that both peers forward, each as "Name: value\r\n". If they
/// exceed `room` bytes, the last ones are omitted.
std::string passed_fields(const http::Fields& fields, std::size_t room);

}  // namespace stretto::rtc
