#include "song/id.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace stretto::song {
namespace {

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Which bytes are Crockford's: a server asks this of every path.
constexpr auto crockford = [] {
    std::array<bool, 256> is{};
    for (const char c : std::string_view{"0123456789abcdefghjkmnpqrstvwxyz"})
        is[static_cast<unsigned char>(c)] = true;
    return is;
}();

}  // namespace

bool is_id(std::string_view text) {
    return text.size() == 32 && std::ranges::all_of(text, [](char c) {
               return crockford[static_cast<unsigned char>(c)];
           });
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && lower_or_digit(text[0]) && !is_id(text) &&
           text.find("..") == std::string_view::npos && std::ranges::all_of(text, [](char c) {
               return lower_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

void check_song(std::string_view text) {
    if (!is_id(text) && !is_name(text))
        throw Error{
            EX_USAGE,
            stretto::text("'", text,
                          "' is neither a song's id nor a name (a-z 0-9 . _ -, at most 64)")};
}

void check_name(std::string_view text) {
    if (!is_name(text))
        throw Error{
            EX_USAGE,
            stretto::text("'", text,
                          "' cannot be a name (a-z 0-9 . _ -, at most 64, not like an id)")};
}

}  // namespace stretto::song
