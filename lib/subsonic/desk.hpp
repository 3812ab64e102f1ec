#pragma once
// What a method of the API means. Pure: the list of songs, the parameters, time and chance are
// arguments; what is to be done is returned.
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "subsonic/answer.hpp"
#include "subsonic/keys.hpp"
#include "subsonic/library.hpp"
#include "subsonic/parameters.hpp"

namespace stretto::subsonic {

/// Send what the upstream server has at this target.
struct Forward {
    std::string target;
    std::string file;  ///< to be saved under this name; empty: to be shown or played
    bool cover = false;
};

/// Post these lines (stretto-events(5)) upstream; the answer is empty.
struct Post {
    std::string lines;
};

using Outcome = std::variant<Node, Refusal, Forward, Post>;

struct Asked {
    std::string method;  ///< "getAlbum"
    const Parameters& parameters;
    const Library& library;
    const Listener& listener;
    std::int64_t now_ms = 0;  ///< UTC, since 1970
    /// A number from 0 to n - 1, n > 0.
    std::function<std::size_t(std::size_t n)> chance;
};

/// A Node refers to the library as long as it is printed.
Outcome answer(const Asked& asked);

/// Methods that need no list of songs, and of these the one that needs no key.
bool needs_library(std::string_view method);
bool is_public(std::string_view method);
Node extensions();

}  // namespace stretto::subsonic
