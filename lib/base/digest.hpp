#pragma once
// SHA-256 (FIPS 180-4) and the text forms of bits.
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace stretto {

using Digest = std::array<std::uint8_t, 32>;

/// A running SHA-256: add() any number of times, then finish() once.
class Sha256 {
   public:
    Sha256();
    void add(BytesView bytes);
    Digest finish();

   private:
    struct Drop {
        void operator()(void* state) const noexcept;
    };
    std::unique_ptr<void, Drop> state_;  // OpenSSL's, or a PlainSha256 in WebAssembly
};

Digest sha256(BytesView bytes);

/// Lower-case hexadecimal, two characters a byte.
std::string hex(BytesView bytes);

/// The 64 hexadecimal characters of a digest, lower case only; false for other text.
bool parse_hex(std::string_view text, Digest& out);

/// Lower-case Crockford base32, first bit first, five bits a character; a last group is padded with
/// zero bits.
std::string base32(BytesView bytes);
/// Exactly the bytes of `out` from lower-case Crockford base32; false for other text.
bool parse_base32(std::string_view text, std::span<std::uint8_t> out);

/// RFC 4648 4, padded. Reading accepts missing padding; nullopt if the text is not base64.
std::string base64(BytesView bytes);
std::optional<Bytes> parse_base64(std::string_view text);

}  // namespace stretto
