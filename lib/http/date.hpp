#pragma once
// HTTP dates (RFC 9110 5.6.7).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stretto::http {

using Seconds = std::chrono::seconds;
using Time = std::chrono::sys_seconds;

/// "Sun, 06 Nov 1994 08:49:37 GMT", or the two obsolete forms, without regard to case (RFC 9111
/// 4.2); nullopt for anything else, other time zones too. The day of the week must be one but not
/// the right one. A two-digit year more than 50 years after `now` is of the century before.
std::optional<Time> parse_date(std::string_view text, Time now);
std::string print_date(Time time);

}  // namespace stretto::http
