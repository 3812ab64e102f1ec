#pragma once
// An entry to a client: conditions, ranges, and the fields that are made for each answer.
#include <optional>

#include "edge/entry.hpp"
#include "http/server.hpp"

namespace stretto::edge {

struct Answering {
    std::optional<http::CacheStatus> cache;  ///< none at an origin
    std::string_view cache_name;             ///< in Cache-Status
    std::string extra;                       ///< more fields, printed
    /// Fields of the entry to be left out, because `extra` has others in their place.
    std::string_view without;
    /// Puts something around the body, such as a limit of its rate.
    std::function<std::unique_ptr<http::Body>(std::unique_ptr<http::Body>)> wrap;
};

/// 200, 206, 304, 412 or 416, by the request's conditions and ranges (RFC 9110 13 and 14). A range
/// of a body that is still coming is answered as soon as its bytes are there.
void answer(const std::shared_ptr<Entry>& entry, const http::Request& request,
            const http::Reply& reply, Answering how);

/// The system's clock, in whole seconds.
http::Time wall_clock();

}  // namespace stretto::edge
