#include "base/digest.hpp"

#include <openssl/evp.h>

#include "base/error.hpp"

namespace stretto {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

void check(int code, const char* what) {
    if (code != 1) throw Error{EX_SOFTWARE, text(what, " failed")};
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr, "EVP_MD_CTX_new");
    check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr), "EVP_DigestInit_ex");
}

void Sha256::add(BytesView bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

Digest Sha256::finish() {
    Digest digest;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr), "EVP_DigestFinal_ex");
    return digest;
}

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
    std::uint32_t bits = 0;
    int held = 0;
    std::size_t done = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return false;
        bits = bits << 5 | static_cast<std::uint32_t>(value);
        held += 5;
        if (held < 8) continue;
        held -= 8;
        out[done++] = static_cast<std::uint8_t>(bits >> held);
    }
    return (bits & ((1u << held) - 1)) == 0;
}

std::string base64(BytesView bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
    const int length = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(out.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::optional<Bytes> parse_base64(std::string_view text) {
    std::string padded{text.substr(0, text.find('='))};
    const std::size_t bytes = padded.size() * 6 / 8;
    if (padded.size() % 4 == 1 || text.size() > padded.size() + 2) return {};
    padded.resize((padded.size() + 3) / 4 * 4, '=');
    Bytes out(padded.size() / 4 * 3);
    if (EVP_DecodeBlock(out.data(), reinterpret_cast<const std::uint8_t*>(padded.data()),
                        static_cast<int>(padded.size())) < 0)
        return {};
    out.resize(bytes);
    return out;
}

}  // namespace stretto
