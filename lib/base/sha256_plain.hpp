#pragma once
// SHA-256 (FIPS 180-4) without a library, for WebAssembly. Natively only its test uses it.
#include <array>
#include <cstdint>

#include "base/digest.hpp"

namespace stretto {

class PlainSha256 {
   public:
    void add(BytesView bytes);
    Digest finish();

   private:
    using Words = std::array<std::uint32_t, 8>;
    static void compress(Words& hash, const std::uint8_t* block);

    Words hash_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> block_;  // its first bytes_ % 64 wait
    std::uint64_t bytes_ = 0;
};

}  // namespace stretto
