#pragma once
// Events in a post of a player: lines from strangers, stored with those of other players.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "events/reader.hpp"

namespace stretto::events {

constexpr std::size_t most_batch_lines = 1000;

/// Lines that can be appended, each with its line feed.
struct Batch {
    std::string lines;
    std::size_t count = 0;
    bool too_many = false;  ///< more than most_batch_lines; there are no lines then
};

/// The server's data about a post.
struct Stamp {
    std::int64_t received_ms = 0;
    std::optional<std::int64_t> sent_ms{};  ///< by the client's clock, when it says so
    std::string_view address;               ///< shortened; printable, no quotes or backslashes
    std::string_view token{};               ///< id of the access token; empty: none was seen
};

/// Each line unchanged, without blanks at its end, and after its own keys `received_ms`, `sent_ms`
/// if it is known, `address`, and `token` if a server saw one. Empty lines are omitted.
///
/// Ids must be ids, or strangers could make a report grow with texts: a song's is 32 characters of
/// Crockford base32, a session's and a listener's 1 to 64 letters, digits and `._~:@+/=-`.
///
/// One invalid line refuses all lines: a fault of a player should become visible, and a 202 means
/// that all lines are stored.
/// @param reader   of the caller's thread
/// @param body     its end is moved: a Reader needs room behind its input
/// @return         Malformed names the first invalid line, counted from 1, and the reason
Result<Batch> take_batch(Reader& reader, Bytes body, const Stamp& stamp);

}  // namespace stretto::events
