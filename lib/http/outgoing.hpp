#pragma once
// Requests and responses as a server hands them on: to its handler, and to its connections.
#include <memory>
#include <optional>

#include "http/body.hpp"
#include "http/message.hpp"
#include "net/socket.hpp"

namespace stretto::http {

/// A response on its way out. The server adds Date (unless `dated`), framing and Connection.
struct Outgoing {
    int status = 200;
    std::string fields;  ///< "Name: value\r\n" each
    bool dated = false;
    /// Of the body. nullopt: not known, and sent chunked (or until close to HTTP/1.0).
    std::optional<std::uint64_t> length = 0;
    std::unique_ptr<Body>
        body;  ///< nullptr: none, or not for this method; `length` is told all the same
    std::string_view cache;  ///< "HIT", "MISS" for the log; static
};

/// A plain text answer, for errors: "not found\n".
Outgoing plain_answer(int status, std::string_view why, std::string fields = {});

/// For a response that found no room in memory among those of others, and why an upload did not.
Outgoing busy_answer();
constexpr std::string_view too_many_uploads = "too many requests with a body at a time";

/// "Name: value\r\n" for each.
void append_field(std::string& to, std::string_view name, std::string_view value);
std::string print_fields(const Fields& fields);

/// The same fields, with `private` in Cache-Control in place of `public` (RFC 9111 5.2.2.7), and
/// without what is said to caches of a CDN (RFC 9213).
std::string privately(std::string_view fields);

/// A request for the handler: whole, with its body.
struct Incoming {
    Request request;
    Bytes body;
    net::Address peer;  ///< the client; behind a trusted proxy, whom that says it asks for
    bool told = false;  ///< by a trusted proxy
};

}  // namespace stretto::http
