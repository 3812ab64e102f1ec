#pragma once
// Range requests (RFC 9110 14) and conditional requests (RFC 9110 13): pure decisions.
#include <cstdint>
#include <optional>

#include "http/date.hpp"
#include "http/message.hpp"

namespace stretto::http {

/// Bytes [first, first + length) of a representation.
struct ByteRange {
    std::uint64_t first = 0, length = 0;
    bool operator==(const ByteRange&) const = default;
};

/// What a Range field asks of a representation.
struct Wanted {
    enum Kind {
        whole,  ///< no Range, one that makes no sense, other units, or several ranges that do
                ///< not form one (a server may ignore Range): answer 200
        part,   ///< answer 206 with `range`
        unsatisfiable  ///< answer 416
    } kind = whole;
    ByteRange range;
};
/// @param range  value of the Range field; several ranges that overlap or touch are taken as one
/// @param size   of the representation
Wanted wanted_range(std::string_view range, std::uint64_t size);

/// A Range that can be answered before the representation's size is known: "bytes=a-b" or
/// "bytes=a-". `last` is absent in the second form.
struct OpenRange {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last;
};
std::optional<OpenRange> open_range(std::string_view range);

/// "bytes 0-9/100"; nullopt when it is anything else ("bytes */100" and "bytes 0-9/*" too).
struct ContentRange {
    ByteRange range;
    std::uint64_t size = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view value);
std::string print_content_range(ByteRange range, std::uint64_t size);

/// An entity tag compared strongly and weakly (RFC 9110 8.8.3.2).
bool same_strongly(std::string_view a, std::string_view b) noexcept;
bool same_weakly(std::string_view a, std::string_view b) noexcept;

/// What the preconditions of a request say of the current representation.
enum class Condition { pass, not_modified, failed };
/// In the order of RFC 9110 13.2.2: If-Match, If-Unmodified-Since, If-None-Match,
/// If-Modified-Since.
/// @param etag      of the representation, empty when it has none
/// @param modified  Last-Modified as sent, empty when it has none
Condition precondition(const Request& request, std::string_view etag, std::string_view modified,
                       Time now);
/// If-Range: whether the Range still applies (13.1.5: a strong tag, or an exact date that is a
/// strong validator).
bool if_range_holds(const Request& request, std::string_view etag, std::string_view modified,
                    std::string_view date, Time now);

}  // namespace stretto::http
