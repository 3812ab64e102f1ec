#pragma once
// What a server lets one client take of it.
#include <chrono>
#include <cstddef>

namespace stretto::http {

struct Limits {
    /// Of this server. TLS handshakes may be half of them: further ones end the oldest.
    std::size_t connections = 10000;
    std::size_t body_bytes = 1u << 20;  ///< of a request
    /// For a request's head, from its first byte; for a TLS handshake, from the connection.
    std::chrono::seconds head_time{10};
    std::chrono::seconds idle_time{75};   ///< between requests
    std::chrono::seconds stall_time{30};  ///< without 4 kB received in a request's body
    /// Time without 4 kB sent in a response. Paused players and browsers stop reading for a minute
    /// and more before they continue on the same connection.
    std::chrono::seconds send_time{75};
    /// For the first request of a connection that the server accepted before it began to drain.
    std::chrono::seconds last_call_time{2};
    /// For an answer to a client that sends no more, where somebody cares whether it is gone.
    std::chrono::seconds half_closed_time{1};
};

}  // namespace stretto::http
