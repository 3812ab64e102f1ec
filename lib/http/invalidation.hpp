#pragma once
// Which stored responses an answer makes invalid (RFC 9111 4.4).
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace stretto::http {

/// 4.4: which stored paths an answer to this request makes invalid: the request's own target, and
/// Location and Content-Location of the same origin; none after a safe method or an error.
/// @param authority  "host:port" that we serve as, in which absolute URIs count as ours
std::vector<std::string> invalidated(const Request& request, const Response& response,
                                     std::string_view authority);

/// Methods that change nothing (RFC 9110 9.2.1).
bool is_safe(std::string_view method) noexcept;

}  // namespace stretto::http
