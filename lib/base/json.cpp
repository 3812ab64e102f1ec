#include "base/json.hpp"

#include <charconv>

#include "base/byte_set.hpp"

namespace stretto {
namespace {

constexpr ByteSet plain_bytes{
    " !#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f"};
constexpr std::string_view replacement = "\xef\xbf\xbd";

/// How many bytes the text's first character has, or its part that could still have become one.
struct Character {
    std::size_t bytes;
    bool whole;
};

/// The second byte of some characters has a smaller range: no overlong forms, surrogates, or values
/// above U+10FFFF (RFC 3629 4).
bool may_be_second(unsigned char first, unsigned char second) {
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most;
}

Character character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {1, true};
    if (first < 0xc2 || first > 0xf4) return {1, false};
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (std::size_t i = 1; i < length; ++i)
        if (i == text.size() ||
            !(i == 1 ? may_be_second(first, byte(1)) : (byte(i) & 0xc0) == 0x80))
            return {i, false};
    return {length, true};
}

void append_escaped(std::string& to, char c) {
    constexpr std::string_view named = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
    constexpr char digits[] = "0123456789abcdef";
    if (const auto at = named.find(c); at != std::string_view::npos)
        to.append(1, '\\').append(1, letters[at]);
    else
        to.append("\\u00").append(1, digits[c >> 4 & 15]).append(1, digits[c & 15]);
}

}  // namespace

void append_json(std::string& to, std::string_view value) {
    to += '"';
    while (!value.empty()) {
        const auto plain = plain_bytes.count_leading(value);
        to.append(value, 0, plain);
        value.remove_prefix(plain);
        if (value.empty()) break;
        const auto [bytes, whole] = character(value);
        if (!whole)
            to += replacement;
        else if (bytes > 1)
            to.append(value, 0, bytes);
        else
            append_escaped(to, value.front());
        value.remove_prefix(bytes);
    }
    to += '"';
}

void append_json(std::string& to, std::int64_t value) {
    char digits[24];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto [bytes, whole] = character(text);
        out.append(whole ? text.substr(0, bytes) : replacement);
        text.remove_prefix(bytes);
    }
    return out;
}

}  // namespace stretto
