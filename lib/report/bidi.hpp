#pragma once
// Texts of strangers whose direction must not reach beyond them.
#include <string>
#include <string_view>

namespace stretto::report {

/// Has it letters or marks that are written from right to left, or that turn the direction?
bool turns(std::string_view text);

/// The same text, in U+2068 and U+2069 where it turns: what it opens it closes, and what it closes
/// it had opened (UAX #9). A text that does not turn is as it was.
std::string isolate(std::string_view text);

}  // namespace stretto::report
