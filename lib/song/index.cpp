#include "song/index.hpp"

#include <algorithm>

#include "base/digest.hpp"

namespace stretto::song {
namespace {

constexpr std::string_view magic = "SIX1";
constexpr std::size_t row_bytes = 24;

}  // namespace

Bytes print_index(const Index& index) {
    Bytes out;
    append(out, as_bytes(magic));
    append_u32(out, static_cast<std::uint32_t>(index.size()));
    for (const auto& chunk : index) append_u32(out, static_cast<std::uint32_t>(chunk.size()));
    for (const auto& chunk : index)
        for (const auto& piece : chunk) {
            append_u32(out, piece.offset);
            append_u32(out, piece.first_sample);
            append(out, piece.hash);
        }
    return out;
}

Result<Index> parse_index(BytesView bytes) {
    if (bytes.size() < 8 || as_text(bytes.first(4)) != magic)
        return Malformed{"not an index (SIX1)"};
    const std::size_t chunks = read_u32(bytes, 4);
    if (chunks > (bytes.size() - 8) / 4) return Malformed{"the index is truncated"};
    std::size_t rows = 0;
    for (std::size_t k = 0; k < chunks; ++k) rows += read_u32(bytes, 8 + 4 * k);
    std::size_t at = 8 + 4 * chunks;
    if (rows > (bytes.size() - at) / row_bytes || at + rows * row_bytes != bytes.size())
        return Malformed{"the length of the index does not match its counts"};
    Index index(chunks);
    for (std::size_t k = 0; k < chunks; ++k) {
        index[k].resize(read_u32(bytes, 8 + 4 * k));
        if (index[k].empty()) return Malformed{text("chunk ", k, " has no piece in the index")};
        for (auto& piece : index[k]) {
            piece.offset = read_u32(bytes, at);
            piece.first_sample = read_u32(bytes, at + 4);
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 8, 16,
                        piece.hash.begin());
            at += row_bytes;
        }
        if (index[k][0].offset != 0 || index[k][0].first_sample != 0)
            return Malformed{text("the first piece of chunk ", k, " is not at its beginning")};
        for (std::size_t i = 1; i < index[k].size(); ++i)
            if (index[k][i].offset <= index[k][i - 1].offset ||
                index[k][i].first_sample < index[k][i - 1].first_sample)
                return Malformed{text("the pieces of chunk ", k, " are not in order")};
    }
    return index;
}

std::array<std::uint8_t, 16> piece_hash(BytesView piece) {
    const Digest digest = sha256(piece);
    std::array<std::uint8_t, 16> half;
    std::copy_n(digest.begin(), half.size(), half.begin());
    return half;
}

}  // namespace stretto::song
