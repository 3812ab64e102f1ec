#pragma once
// Reasons why a request ended without a whole response.
#include <string>

namespace stretto::http {

struct Failure {
    enum class Kind {
        // temporary: a later try may help
        refused,     ///< no connection: no listener, or no route
        reset,       ///< the connection broke, before the response was whole
        dns,         ///< the host's name, or the proxy's, has no address now
        timeout,     ///< no connection within the limit, or fewer bytes than the least rate
        silence,     ///< connected, and no byte for the limit's time
        overloaded,  ///< never sent: too many are under way here
        // permanent
        certificate,  ///< of the server; or the file of those to trust cannot be read
        too_long,     ///< more bytes than the caller accepts
        protocol,     ///< not an HTTP response, an invalid URL, a loop of redirects
        cancelled,    ///< by us; no Upstream tells it, for who cancels knows
    };
    Kind kind = Kind::protocol;
    std::string why;  ///< for people; contains no password

    bool passing() const noexcept { return kind <= Kind::overloaded; }
    /// 504 rather than 502.
    bool timed_out() const noexcept { return kind == Kind::timeout || kind == Kind::silence; }
    /// The server has seen nothing of the request.
    bool unsent() const noexcept {
        return kind == Kind::refused || kind == Kind::dns || kind == Kind::overloaded;
    }
    /// 503.
    bool overloaded() const noexcept { return kind == Kind::overloaded; }
};

}  // namespace stretto::http
