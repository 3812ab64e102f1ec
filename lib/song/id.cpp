#include "song/id.hpp"

#include "base/byte_set.hpp"
#include "base/error.hpp"

namespace stretto::song {
namespace {

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

constexpr ByteSet crockford{"0123456789abcdefghjkmnpqrstvwxyz"};
constexpr ByteSet name_bytes{"0123456789abcdefghijklmnopqrstuvwxyz._-"};

}  // namespace

bool is_id(std::string_view text) { return text.size() == 32 && crockford.has_all_of(text); }

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && lower_or_digit(text[0]) && !is_id(text) &&
           text.find("..") == std::string_view::npos && name_bytes.has_all_of(text);
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
