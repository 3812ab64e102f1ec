#include "vorbis/headers.hpp"

#include <vorbis/codec.h>

#include <algorithm>

#include "vorbis/codebooks.hpp"

namespace stretto::vorbis {
namespace {

constexpr std::size_t most_comment_bytes = 65536;

bool has_type(BytesView packet, std::uint8_t type) {
    return packet.size() >= 7 && packet[0] == type && as_text(packet.subspan(1, 6)) == "vorbis";
}

void clear(vorbis_info* info) {
    vorbis_info_clear(info);
    delete info;
}
struct Comment : vorbis_comment {
    Comment() { vorbis_comment_init(this); }
    ~Comment() { vorbis_comment_clear(this); }
    Comment(const Comment&) = delete;
};

/// As libvorbis takes it: it changes nothing of the bytes.
ogg_packet packet_of(BytesView bytes, bool first = false) noexcept {
    return {
        const_cast<unsigned char*>(bytes.data()), static_cast<long>(bytes.size()), first, 0, 0, 0};
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

namespace {

/// Calls visit with each comment. Malformed where the packet ends too early.
Result<bool> each_comment(BytesView packet, auto&& visit) {
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
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!number(length) || length > packet.size()) return damaged;
        visit(as_text(packet.first(length)));
        packet = packet.subspan(length);
    }
    return true;
}

bool same_key(std::string_view comment, std::string_view key) {
    if (comment.size() <= key.size() || comment[key.size()] != '=') return false;
    return std::equal(key.begin(), key.end(), comment.begin(), [](char ours, char theirs) {
        return ours == (theirs >= 'a' && theirs <= 'z' ? theirs - 'a' + 'A' : theirs);
    });
}

}  // namespace

Result<std::vector<std::string>> parse_comments(BytesView packet) {
    std::vector<std::string> comments;
    std::size_t kept = 0;
    auto ok = each_comment(packet, [&](std::string_view comment) {
        if (kept + comment.size() > most_comment_bytes) return;
        comments.emplace_back(comment);
        kept += comment.size();
    });
    if (!ok) return ok.error();
    return comments;
}

std::vector<std::string_view> comment_values(BytesView packet, std::string_view key) {
    std::vector<std::string_view> values;
    const auto whole = each_comment(packet, [&](std::string_view comment) {
        if (same_key(comment, key)) values.push_back(comment.substr(key.size() + 1));
    });
    if (!whole) values.clear();
    return values;
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

Result<Blocks> Blocks::parse(BytesView identification, BytesView setup) {
    if (auto ok = check_codebooks(setup); !ok) return ok.error();
    Blocks blocks;
    blocks.info_ = {new vorbis_info, clear};
    vorbis_info_init(blocks.info_.get());
    Comment comment;
    const Bytes no_comments = print_comments("", {});  // libvorbis wants some, and needs none
    for (const BytesView header : {identification, BytesView{no_comments}, setup}) {
        auto packet = packet_of(header, header.data() == identification.data());
        if (vorbis_synthesis_headerin(blocks.info_.get(), &comment, &packet) != 0)
            return Malformed{"damaged Vorbis setup header"};
    }
    return blocks;
}

int Blocks::size(BytesView bytes) const noexcept {
    auto packet = packet_of(bytes);
    const long size = vorbis_packet_blocksize(info_.get(), &packet);
    return size > 0 ? static_cast<int>(size) : 0;
}

}  // namespace stretto::vorbis
