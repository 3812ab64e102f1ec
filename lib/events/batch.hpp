#pragma once
// Events that a player posts: lines from strangers, to be stored beside those of others.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "events/reader.hpp"

namespace stretto::events {

constexpr std::size_t most_batch_lines = 1000;

/// Lines that are ready to be appended, each with its line feed.
struct Batch {
    std::string lines;
    std::size_t count = 0;
    bool too_many = false;  ///< more than most_batch_lines; there are no lines then
};

/// What the server knows of a post.
struct Stamp {
    std::int64_t received_ms = 0;
    std::optional<std::int64_t> sent_ms{};  ///< by the client's clock, when it says so
    std::string_view address;               ///< shortened; printable, no quotes or backslashes
};

/// Each line as it was sent, less blanks at its end, and behind its own keys `received_ms`,
/// `sent_ms` where it is known, and `address`. Empty lines are left out.
///
/// Ids must be ids, or strangers could make a report grow with texts: a song's is 32 characters of
/// Crockford base32, a session's and a listener's 1 to 64 letters, digits and `._~:@+/=-`.
///
///
/// One line that is no event refuses all of them: a player whose lines are cut or wrong has a
/// fault that somebody should see, and after a 202 all that was sent is stored.
/// @param reader   of the caller's thread
/// @param body     its end is moved: what a Reader reads needs room behind it
/// @return         Malformed names the first line that is wrong, counted from 1, and why
Result<Batch> take_batch(Reader& reader, Bytes body, const Stamp& stamp);

}  // namespace stretto::events
