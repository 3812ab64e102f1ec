#pragma once
// Small whole responses, such as JSON.
#include <optional>

#include "http/upstream.hpp"

namespace stretto::http {

struct Whole {
    int status = 0;  ///< 0: no whole response arrived; `why` is the reason
    Fields fields;
    Bytes body;  ///< of an error, its first 64 KiB
    std::string why;
    std::optional<Failure::Kind> failed;

    bool ok() const noexcept { return status == 200; }
    /// Not ok, but another try later may help.
    bool passing() const noexcept;
    /// See is_captive_portal().
    bool portal() const { return is_captive_portal(status, fields); }
};

/// The message for people about a portal.
inline constexpr const char* portal_why = "a web page came instead: this network may want a login";

/// Send a request, and call `done` once with the whole response, after this function has returned.
/// `done` is not called if the upstream ends first.
/// @param most  bytes; a longer body is no answer
void ask(Upstream& upstream, Request request, Bytes body, std::size_t most,
         std::function<void(Whole)> done);

/// GET of a target without additional fields.
void get(Upstream& upstream, std::string target, std::size_t most, std::function<void(Whole)> done);

}  // namespace stretto::http
