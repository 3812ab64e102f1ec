#include "vorbis/codebooks.hpp"

#include <ogg/ogg.h>

#include <bit>
#include <cstdint>

namespace stretto::vorbis {
namespace {

/// Scalars of all books together. The largest setup of libvorbis has 400,000, each of them 4 bytes;
/// an entry costs libvorbis 30 more.
constexpr std::int64_t most_scalars = 1 << 21;

/// Bits as Vorbis packs them; reading beyond the end is remembered.
class Bits {
   public:
    explicit Bits(BytesView bytes) {
        // libogg's reading functions take bytes that they do not change
        oggpack_readinit(&pack_, const_cast<unsigned char*>(bytes.data()),
                         static_cast<int>(bytes.size()));
    }
    std::int64_t read(int bits) {
        const long value = oggpack_read(&pack_, bits);
        // of 32 bits all set, and of none there, libogg makes the same -1: no count has 32
        if (value < 0 && bits < 32) ended_ = true;
        return value;
    }
    void skip(std::int64_t bits) {
        const std::int64_t left = std::int64_t{pack_.storage} * 8 - oggpack_bits(&pack_);
        if (bits > left)
            ended_ = true;
        else
            for (; bits > 0; bits -= 32)
                oggpack_adv(&pack_, bits < 32 ? static_cast<int>(bits) : 32);
    }
    bool ended() const noexcept { return ended_; }

   private:
    oggpack_buffer pack_;
    bool ended_ = false;
};

/// Whether base^power <= most.
bool fits(std::int64_t base, std::int64_t power, std::int64_t most) {
    for (std::int64_t value = 1; power > 0; --power)
        if ((value *= base) > most) return false;
    return true;
}

/// The greatest v with v^dimensions <= entries (lookup1_values, 9.2.3).
std::int64_t lookup1_values(std::int64_t entries, std::int64_t dimensions) {
    if (dimensions == 1) return entries;
    std::int64_t v = 1;
    while (fits(v + 1, dimensions, entries)) ++v;
    return v;
}

void skip_lengths(Bits& bits, std::int64_t entries) {
    if (bits.read(1) == 1) {  // ordered: runs of the same length
        bits.read(5);
        for (std::int64_t at = 0; at < entries && !bits.ended();)
            at += bits.read(std::bit_width(static_cast<std::uint64_t>(entries - at)));
        return;
    }
    const bool sparse = bits.read(1) == 1;
    for (std::int64_t i = 0; i < entries && !bits.ended(); ++i)
        if (!sparse || bits.read(1) == 1) bits.read(5);
}

/// Walks over a codebook; its scalars, or -1 when it is none.
std::int64_t walk(Bits& bits) {
    if (bits.read(24) != 0x564342) return -1;
    const std::int64_t dimensions = bits.read(16), entries = bits.read(24);
    if (bits.ended() || dimensions == 0 || entries * dimensions > most_scalars) return -1;
    skip_lengths(bits, entries);
    const auto lookup = bits.read(4);
    if (bits.ended() || lookup > 2) return -1;
    if (lookup != 0) {
        bits.skip(64);
        const std::int64_t width = bits.read(4) + 1;
        bits.read(1);
        bits.skip(width *
                  (lookup == 1 ? lookup1_values(entries, dimensions) : entries * dimensions));
    }
    return bits.ended() ? -1 : entries * dimensions;
}

}  // namespace

Result<bool> check_codebooks(BytesView setup) {
    if (setup.size() < 8 || setup[0] != 5 || as_text(setup.subspan(1, 6)) != "vorbis")
        return Malformed{"no setup header"};
    Bits bits{setup.subspan(7)};
    std::int64_t scalars = 0;
    for (auto books = bits.read(8) + 1; books > 0; --books) {
        const auto more = walk(bits);
        if (more < 0) return Malformed{"an invalid codebook, or one that is too large"};
        if ((scalars += more) > most_scalars) return Malformed{"codebooks that are too large"};
    }
    return true;
}

}  // namespace stretto::vorbis
