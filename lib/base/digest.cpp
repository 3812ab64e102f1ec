#include "base/digest.hpp"

#include <array>

namespace stretto {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::uint8_t no_digit = 255;

/// By character: to search the alphabet for each was a fifteenth of an announce of ten songs.
constexpr auto base32_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

Digest sha256(BytesView bytes) {
    Sha256 sum;
    sum.add(bytes);
    return sum.finish();
}

std::string hex(BytesView bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (auto b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

bool parse_hex(std::string_view text, Digest& out) {
    if (text.size() != 2 * out.size()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

std::string base32(BytesView bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (auto b : bytes) {
        bits = bits << 8 | b;
        for (held += 8; held >= 5;) out += alphabet[bits >> (held -= 5) & 31];
    }
    if (held > 0) out += alphabet[bits << (5 - held) & 31];
    return out;
}

bool parse_base32(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != (8 * out.size() + 4) / 5) return false;
    std::uint64_t bits = 0;
    int held = 0;
    std::size_t done = 0;
    std::uint8_t all = 0;
    for (const char c : text) {
        const auto value = base32_values[static_cast<unsigned char>(c)];
        all |= value;
        bits = bits << 5 | value;
        held += 5;
        if (held < 40) continue;
        for (held = 40; held > 0;) out[done++] = static_cast<std::uint8_t>(bits >> (held -= 8));
    }
    for (; held >= 8; held -= 8) out[done++] = static_cast<std::uint8_t>(bits >> (held - 8));
    if (all > 31) return false;  // one of them is no digit
    return (bits & ((std::uint64_t{1} << held) - 1)) == 0;
}

}  // namespace stretto
