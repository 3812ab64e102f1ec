#include "base/sha256_plain.hpp"

#include <algorithm>
#include <bit>

namespace stretto {
namespace {

constexpr std::uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t read_big_endian(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
           std::uint32_t{at[3]};
}

}  // namespace

void PlainSha256::compress(Words& hash, const std::uint8_t* block) {
    std::uint32_t schedule[64];
    for (int i = 0; i < 16; ++i) schedule[i] = read_big_endian(block + 4 * i);
    for (int i = 16; i < 64; ++i) {
        const auto early = schedule[i - 15], late = schedule[i - 2];
        const auto s0 = std::rotr(early, 7) ^ std::rotr(early, 18) ^ early >> 3;
        const auto s1 = std::rotr(late, 17) ^ std::rotr(late, 19) ^ late >> 10;
        schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
    }
    Words word = hash;
    // the eight words turn by one each round: their names turn instead, so that none is moved
    for (unsigned i = 0; i < 64; i += 8)
        for (unsigned j = 0; j < 8; ++j) {
            const auto name = [&](unsigned n) -> std::uint32_t& { return word[(n - j) & 7]; };
            const auto a = name(0), b = name(1), c = name(2), e = name(4), f = name(5), g = name(6);
            auto& h = name(7);
            h += (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + (g ^ (e & (f ^ g))) +
                 round_constants[i + j] + schedule[i + j];
            name(3) += h;
            h +=
                (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
        }
    for (std::size_t i = 0; i < hash.size(); ++i) hash[i] += word[i];
}

void PlainSha256::add(BytesView bytes) {
    while (!bytes.empty()) {
        const auto at = static_cast<std::size_t>(bytes_ % block_.size());
        const auto now = std::min(block_.size() - at, bytes.size());
        if (now == block_.size()) {
            compress(hash_, bytes.data());
        } else {
            std::copy_n(bytes.begin(), now, block_.begin() + static_cast<std::ptrdiff_t>(at));
            if (at + now == block_.size()) compress(hash_, block_.data());
        }
        bytes_ += now;
        bytes = bytes.subspan(now);
    }
}

Digest PlainSha256::finish() {
    const auto bits = bytes_ * 8;
    std::array<std::uint8_t, 72> end{0x80};  // 1 bit, zeros, and the length in the last 8 bytes
    const auto zeros = static_cast<std::size_t>((119 - bytes_ % 64) % 64);
    for (std::size_t i = 0; i < 8; ++i)
        end[1 + zeros + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
    add(BytesView{end}.first(1 + zeros + 8));
    Digest digest;
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(hash_[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
}

}  // namespace stretto
