#pragma once
// Small answers, whole: for what is read at once, such as JSON.
#include <optional>

#include "http/upstream.hpp"

namespace stretto::http {

struct Whole {
    int status = 0;  ///< 0: no whole answer came, `why` says what happened
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

/// What to tell people of a portal.
inline constexpr const char* portal_why = "a web page came instead: this network may want a login";

/// Ask, and call `done` with the whole answer, once, never before this has returned; not at all
/// when the upstream goes first.
/// @param most  bytes; a longer body is no answer
void ask(Upstream& upstream, Request request, Bytes body, std::size_t most,
         std::function<void(Whole)> done);

/// GET of a target without fields of its own.
void get(Upstream& upstream, std::string target, std::size_t most, std::function<void(Whole)> done);

}  // namespace stretto::http
