#pragma once
// Small answers, whole: for what is read at once, such as JSON.
#include "http/upstream.hpp"

namespace stretto::http {

struct Whole {
    int status = 0;  ///< 0: no whole answer came, `why` says what happened
    Fields fields;
    Bytes body;
    std::string why;
    bool ok() const noexcept { return status == 200; }
};

/// Ask, and call `done` with the whole answer, once, never before this has returned; not at all
/// when the upstream goes first.
/// @param most  bytes; a longer body is no answer
void ask(Upstream& upstream, Request request, Bytes body, std::size_t most,
         std::function<void(Whole)> done);

/// GET of a target without fields of its own.
void get(Upstream& upstream, std::string target, std::size_t most, std::function<void(Whole)> done);

}  // namespace stretto::http
