#include "ogg/vorbis.hpp"

#include <ogg/ogg.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace stretto::ogg {
namespace {

constexpr std::size_t most_comment_bytes = 65536;

bool has_type(BytesView packet, std::uint8_t type) {
    return packet.size() >= 7 && packet[0] == type && as_text(packet.subspan(1, 6)) == "vorbis";
}

/// Bits of a packet, least significant first, through libogg; reading past the end is remembered.
class Bits {
   public:
    explicit Bits(BytesView bytes) {
        oggpack_readinit(&pack_, const_cast<unsigned char*>(bytes.data()),
                         static_cast<int>(bytes.size()));
        size_ = static_cast<std::int64_t>(bytes.size()) * 8;
    }
    std::uint32_t read(int n) {
        const long v = oggpack_read(&pack_, n);
        if (oggpack_bits(&pack_) > size_) bad_ = true;
        return bad_ ? 0 : static_cast<std::uint32_t>(v);
    }
    void skip(std::int64_t n) {
        if (bad_ || n < 0 || n > size_ - oggpack_bits(&pack_)) {
            bad_ = true;
            return;
        }
        oggpack_adv(&pack_, static_cast<int>(n));
    }
    bool bad() const { return bad_; }
    void fail() { bad_ = true; }

   private:
    oggpack_buffer pack_{};
    std::int64_t size_ = 0;
    bool bad_ = false;
};

int ilog(std::uint32_t v) { return std::bit_width(v); }

/// The greatest n with n^dims <= entries (Vorbis I, 9.2.3).
std::uint32_t lookup1_values(std::uint32_t entries, std::uint32_t dims) {
    const auto fits = [&](std::uint64_t n) {
        std::uint64_t product = 1;
        for (std::uint32_t i = 0; i < dims && product <= entries; ++i) product *= n;
        return product <= entries;
    };
    if (dims == 0) return 0;
    auto n = static_cast<std::uint32_t>(std::pow(entries, 1.0 / dims));
    while (fits(n + 1)) ++n;
    while (n > 0 && !fits(n)) --n;
    return n;
}

void skip_codebook(Bits& in) {
    if (in.read(24) != 0x564342) return in.fail();
    const std::uint32_t dims = in.read(16), entries = in.read(24);
    if (in.bad() || (dims != 0 && ilog(dims) + ilog(entries) > 24)) return in.fail();
    if (in.read(1)) {  // ordered
        in.skip(5);
        for (std::uint32_t done = 0; done < entries;) {
            const std::uint32_t number = in.read(ilog(entries - done));
            if (in.bad() || number > entries - done) return in.fail();
            done += number;
        }
    } else if (in.read(1)) {  // sparse
        for (std::uint32_t i = 0; i < entries && !in.bad(); ++i)
            if (in.read(1)) in.skip(5);
    } else {
        in.skip(std::int64_t{entries} * 5);
    }
    const std::uint32_t lookup = in.read(4);
    if (lookup > 2) return in.fail();
    if (lookup == 0) return;
    in.skip(64);
    const int bits = static_cast<int>(in.read(4)) + 1;
    in.skip(1);
    in.skip(
        (lookup == 1 ? std::int64_t{lookup1_values(entries, dims)} : std::int64_t{entries} * dims) *
        bits);
}

void skip_floor(Bits& in) {
    const std::uint32_t type = in.read(16);
    if (type > 1) return in.fail();
    if (type == 0) {
        in.skip(8 + 16 + 16 + 6 + 8);
        in.skip(8 * (std::int64_t{in.read(4)} + 1));
        return;
    }
    const std::uint32_t partitions = in.read(5);
    std::vector<std::uint32_t> classes(partitions);
    for (auto& c : classes) c = in.read(4);
    std::vector<std::uint32_t> dims(
        classes.empty() ? 0 : *std::max_element(classes.begin(), classes.end()) + 1);
    for (auto& d : dims) {
        d = in.read(3) + 1;
        const std::uint32_t subclasses = in.read(2);
        in.skip((subclasses ? 8 : 0) + 8 * (1 << subclasses));
    }
    in.skip(2);
    const std::uint32_t range_bits = in.read(4);
    for (auto c : classes) in.skip(std::int64_t{dims[c]} * range_bits);
}

void skip_residue(Bits& in) {
    if (in.read(16) > 2) return in.fail();
    in.skip(24 * 3);
    const std::uint32_t classes = in.read(6) + 1;
    in.skip(8);
    int books = 0;
    for (std::uint32_t i = 0; i < classes; ++i) {
        std::uint32_t cascade = in.read(3);
        if (in.read(1)) cascade |= in.read(5) << 3;
        books += std::popcount(cascade);
    }
    in.skip(8 * books);
}

void skip_mapping(Bits& in, int channels) {
    if (in.read(16) != 0) return in.fail();
    const std::uint32_t submaps = in.read(1) ? in.read(4) + 1 : 1;
    if (in.read(1))
        in.skip((std::int64_t{in.read(8)} + 1) * 2 *
                ilog(static_cast<std::uint32_t>(channels - 1)));
    if (in.read(2) != 0) return in.fail();
    if (submaps > 1) in.skip(4 * channels);
    in.skip(24 * std::int64_t{submaps});
}

}  // namespace

bool is_vorbis(BytesView packet) { return has_type(packet, 1); }

Result<Identification> parse_identification(BytesView packet) {
    if (!has_type(packet, 1) || packet.size() < 30)
        return Malformed{"no Vorbis identification header"};
    if (read_u32(packet, 7) != 0) return Malformed{"unknown version of Vorbis"};
    Identification id;
    id.channels = packet[11];
    const std::uint32_t rate = read_u32(packet, 12);
    const auto nominal = static_cast<std::int32_t>(read_u32(packet, 20));
    id.nominal_bps = std::max(0, nominal);
    const int low = packet[28] & 15, high = packet[28] >> 4;
    if (id.channels < 1 || id.channels > 8)
        return Malformed{text(id.channels, " channels, not 1 to 8")};
    if (rate < 1000 || rate > 768000) return Malformed{text("a sample rate of ", rate, " Hz")};
    if (low < 6 || high > 13 || low > high || !(packet[29] & 1))
        return Malformed{"damaged Vorbis identification header"};
    id.rate = static_cast<int>(rate);
    id.short_block = 1 << low;
    id.long_block = 1 << high;
    return id;
}

Result<std::vector<std::string>> parse_comments(BytesView packet) {
    const Malformed damaged{"damaged Vorbis comment header"};
    if (!has_type(packet, 3)) return Malformed{"no Vorbis comment header"};
    packet = packet.subspan(7);
    const auto number = [&](std::uint32_t& n) {
        if (packet.size() < 4) return false;
        n = read_u32(packet, 0);
        packet = packet.subspan(4);
        return true;
    };
    std::uint32_t length = 0, count = 0;
    if (!number(length) || length > packet.size()) return damaged;
    packet = packet.subspan(length);
    if (!number(count)) return damaged;
    std::vector<std::string> comments;
    std::size_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!number(length) || length > packet.size()) return damaged;
        if (kept + length <= most_comment_bytes)
            comments.emplace_back(as_text(packet.first(length))), kept += length;
        packet = packet.subspan(length);
    }
    return comments;
}

Bytes print_comments(std::string_view vendor, const std::vector<std::string>& comments) {
    Bytes out;
    append(out, as_bytes("\3vorbis"));
    append_u32(out, static_cast<std::uint32_t>(vendor.size()));
    append(out, as_bytes(vendor));
    append_u32(out, static_cast<std::uint32_t>(comments.size()));
    for (const auto& comment : comments) {
        append_u32(out, static_cast<std::uint32_t>(comment.size()));
        append(out, as_bytes(comment));
    }
    out.push_back(1);
    return out;
}

Result<Blocks> Blocks::parse(const Identification& identification, BytesView setup) {
    if (!has_type(setup, 5)) return Malformed{"no Vorbis setup header"};
    Bits in{setup.subspan(7)};
    const auto each = [&](int count_bits, auto&& skip_one) {
        const std::uint32_t count = in.read(count_bits) + 1;
        for (std::uint32_t i = 0; i < count && !in.bad(); ++i) skip_one();
    };
    each(8, [&] { skip_codebook(in); });
    each(6, [&] { in.skip(16); });
    each(6, [&] { skip_floor(in); });
    each(6, [&] { skip_residue(in); });
    each(6, [&] { skip_mapping(in, identification.channels); });
    Blocks blocks;
    each(6, [&] {
        blocks.sizes_.push_back(in.read(1) ? identification.long_block
                                           : identification.short_block);
        in.skip(16 + 16 + 8);
    });
    if (in.read(1) != 1 || in.bad()) return Malformed{"damaged Vorbis setup header"};
    blocks.mode_bits_ = ilog(static_cast<std::uint32_t>(blocks.sizes_.size() - 1));
    return blocks;
}

int Blocks::size(BytesView packet) const noexcept {
    if (packet.empty() || (packet[0] & 1)) return 0;
    const std::size_t mode =
        (packet[0] >> 1) & ((1u << mode_bits_) - 1);  // at most 6 bits: all in the first byte
    return mode < sizes_.size() ? sizes_[mode] : 0;
}

}  // namespace stretto::ogg
