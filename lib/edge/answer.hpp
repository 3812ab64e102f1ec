#pragma once
// Sends an entry to a client: conditions, ranges, and the header fields of the single response.
#include <optional>

#include "edge/entry.hpp"
#include "http/server.hpp"

namespace stretto::edge {

struct Answering {
    std::optional<http::CacheStatus> cache;  ///< nullopt at an origin
    std::string_view cache_name;             ///< in Cache-Status
    std::string extra;                       ///< more fields, printed
    /// Fields of the entry to omit, because `extra` replaces them.
    std::string_view without;
    /// Wraps the body, for example to limit its rate; may be empty.
    std::function<std::unique_ptr<http::Body>(std::unique_ptr<http::Body>)> wrap;
};

/// Responds 200, 206, 304, 412 or 416, by the request's conditions and ranges (RFC 9110 13 and 14).
/// A range of an incomplete body is sent as soon as its bytes have arrived.
void answer(const std::shared_ptr<Entry>& entry, const http::Request& request,
            const http::Reply& reply, Answering how);

/// The system's clock, in whole seconds.
http::Time wall_clock();

}  // namespace stretto::edge
