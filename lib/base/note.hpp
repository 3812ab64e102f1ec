#pragma once
// A tool's messages to people: one line on standard error, safe to show on a terminal.
#include <string>
#include <string_view>

namespace stretto {

/// The name of the running command, "stretto-fetch", at the start of failures and notes.
std::string_view tool_name();
void set_tool_name(std::string name);

/// One line on standard error, "stretto-fetch: <what>"; control bytes are escaped, so that no
/// input can control a terminal.
void note(std::string_view what);

/// Printable: control bytes and invalid UTF-8 as \xHH, the rest as it is.
std::string printable(std::string_view text);

/// The length of the well-formed UTF-8 character at the head of `text` (RFC 3629), or 0.
std::size_t utf8_length(std::string_view text);

}  // namespace stretto
