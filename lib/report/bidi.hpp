#pragma once
// Isolates the text direction of untrusted texts.
#include <string>
#include <string_view>

namespace stretto::report {

/// Whether the text has right-to-left letters, or marks that change the direction.
bool turns(std::string_view text);

/// The same text, enclosed in U+2068 and U+2069 if it changes the direction, with balanced marks
/// (UAX #9). Other texts are returned unchanged.
std::string isolate(std::string_view text);

}  // namespace stretto::report
