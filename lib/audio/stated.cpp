#include "audio/stated.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace stretto::audio {
namespace {

std::uint32_t be32(BytesView b, std::size_t at) {
    return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 |
           std::uint32_t{b[at + 2]} << 8 | b[at + 3];
}
std::uint32_t be16(BytesView b, std::size_t at) { return std::uint32_t{b[at]} << 8 | b[at + 1]; }
std::uint64_t le64(BytesView b, std::size_t at) {
    return read_u32(b, at) | std::uint64_t{read_u32(b, at + 4)} << 32;
}
bool tagged(BytesView b, std::size_t at, std::string_view word) {
    return at + word.size() <= b.size() && as_text(b.subspan(at, word.size())) == word;
}
Bytes be32_bytes(std::uint64_t v) {
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(v, UINT32_MAX));
    return {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
            static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
}
Bytes le64_bytes(std::uint64_t v) {
    Bytes out;
    append_u32(out, static_cast<std::uint32_t>(v));
    append_u32(out, static_cast<std::uint32_t>(v >> 32));
    return out;
}

/// What stands for a length that is not known: nothing, or 2 GB and more. A file so long by right
/// ends where it says; taking its real length then changes nothing.
constexpr std::uint64_t unknown = 0x7f000000;

std::vector<Patch> open_aiff(BytesView head, std::uint64_t size) {
    std::size_t frames_at = 0;
    std::uint32_t frame_bytes = 0;
    for (std::size_t at = 12; at + 16 <= head.size();) {
        const std::uint64_t length = be32(head, at + 4);
        if (tagged(head, at, "COMM")) {
            if (at + 26 > head.size()) return {};
            frames_at = at + 10;
            frame_bytes = be16(head, at + 8) * ((be16(head, at + 14) + 7) / 8);
        }
        if (tagged(head, at, "SSND")) {
            if (frames_at == 0 || frame_bytes == 0 || (length > 8 && length < unknown) ||
                at + 16 > size)
                return {};
            const std::uint64_t sound = size - (at + 16);
            return {{4, be32_bytes(size - 8)},
                    {frames_at, be32_bytes(sound / frame_bytes)},
                    {at + 4, be32_bytes(sound / frame_bytes * frame_bytes + 8)}};
        }
        if (length > head.size()) return {};
        at += 8 + static_cast<std::size_t>(length + (length & 1));
    }
    return {};
}

/// Chunks have a GUID of 16 bytes, whose first four are the word, and a length of 8 that counts
/// both.
std::vector<Patch> open_w64(BytesView head, std::uint64_t size) {
    for (std::size_t at = 40; at + 24 <= head.size();) {
        const std::uint64_t length = le64(head, at + 16);
        if (tagged(head, at, "data")) {
            if (length > 24 && length < unknown) return {};
            return {{16, le64_bytes(size)}, {at + 16, le64_bytes(size - at)}};
        }
        if (length < 24 || length > head.size()) return {};
        at += static_cast<std::size_t>((length + 7) / 8 * 8);
    }
    return {};
}

}  // namespace

std::uint64_t id3v2_bytes(BytesView head) {
    if (head.size() < 10 || !tagged(head, 0, "ID3") || head[3] == 0xff) return 0;
    const std::uint32_t size = std::uint32_t{head[6] & 0x7fU} << 21 |
                               std::uint32_t{head[7] & 0x7fU} << 14 |
                               std::uint32_t{head[8] & 0x7fU} << 7 | (head[9] & 0x7fU);
    return 10 + std::uint64_t{size} + (head[5] & 0x10 ? 10 : 0);
}

std::optional<std::int64_t> mp3_samples(BytesView first) {
    if (first.size() < 4 || first[0] != 0xff || (first[1] & 0xe0) != 0xe0) return {};
    const int version = first[1] >> 3 & 3, layer = first[1] >> 1 & 3;
    if (version == 1 || layer != 1) return {};  // reserved; not layer 3
    const bool mpeg1 = version == 3, mono = first[3] >> 6 == 3;
    const std::size_t side = mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17);
    const std::size_t at = 4 + (first[1] & 1 ? 0 : 2) + side;
    if (!tagged(first, at, "Xing") && !tagged(first, at, "Info")) return {};
    if (at + 8 > first.size()) return {};
    const std::uint32_t flags = be32(first, at + 4);
    if (!(flags & 1)) return {};  // no count of frames
    std::size_t next = at + 8;
    if (next + 4 > first.size()) return {};
    const std::int64_t frames = be32(first, next);
    next += 4 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
    // the name of the encoder, and 12 bytes on its gaps
    if (next + 24 > first.size() || (first[next] != 'L' && first[next] != 'G')) return {};
    const std::uint32_t gaps = std::uint32_t{first[next + 21]} << 16 |
                               std::uint32_t{first[next + 22]} << 8 | first[next + 23];
    const std::int64_t delay = gaps >> 12, padding = gaps & 0xfff;
    const std::int64_t samples = frames * (mpeg1 ? 1152 : 576) - delay - padding;
    if (frames == 0 || (delay == 0 && padding == 0) || samples <= 0) return {};
    return samples;
}

std::vector<Patch> open_length(BytesView head, std::uint64_t file_bytes) {
    if (head.size() < 64 || file_bytes < head.size()) return {};
    if (tagged(head, 0, "FORM") && (tagged(head, 8, "AIFF") || tagged(head, 8, "AIFC")))
        return open_aiff(head, file_bytes);
    if (tagged(head, 0, "riff") && tagged(head, 24, "wave")) return open_w64(head, file_bytes);
    return {};
}

std::optional<Wave> wave_samples(const ReadAt& read, std::uint64_t file_bytes) {
    const Bytes head = read(0, 12);
    const bool wide = tagged(head, 0, "RF64") || tagged(head, 0, "BW64");
    if ((!wide && !tagged(head, 0, "RIFF")) || !tagged(head, 8, "WAVE")) return {};
    std::uint64_t wide_bytes = 0;
    std::uint64_t at = 12;
    for (int chunks = 0; chunks < 1000 && at + 8 <= file_bytes; ++chunks) {
        const Bytes chunk = read(at, 24);
        if (chunk.size() < 8) return {};
        const std::uint64_t length = read_u32(chunk, 4);
        if (tagged(chunk, 0, "ds64") && chunk.size() == 24) wide_bytes = le64(chunk, 16);
        if (tagged(chunk, 0, "data")) {
            Wave wave{wide && length == UINT32_MAX ? wide_bytes : length};
            wave.cut = wave.bytes > file_bytes - (at + 8);
            wave.open = wave.bytes == 0 || (wave.cut && wave.bytes >= unknown);
            return wave;
        }
        at += 8 + length + (length & 1);
    }
    return {};
}

std::optional<ITunesGap> parse_itunsmpb(std::string_view value) {
    std::array<std::int64_t, 4> numbers{};
    for (auto& number : numbers) {
        const auto begin = value.find_first_not_of(' ');
        if (begin == std::string_view::npos) return {};
        value.remove_prefix(begin);
        const auto [end, failed] =
            std::from_chars(value.data(), value.data() + value.size(), number, 16);
        if (failed != std::errc{} || number < 0) return {};
        value.remove_prefix(static_cast<std::size_t>(end - value.data()));
    }
    if (numbers[3] == 0 || numbers[3] > std::int64_t{1} << 40) return {};
    return ITunesGap{numbers[1], numbers[2], numbers[3]};
}

std::optional<std::int64_t> ogg_page_samples(const ReadAt& read, std::uint64_t file_bytes) {
    constexpr std::size_t head_bytes = 27;
    std::uint64_t at = 0;
    for (int tags = 0; tags < 10; ++tags) {
        const auto tag = id3v2_bytes(read(at, 10));
        if (tag == 0) break;
        at += tag;
    }
    for (int pages = 0; pages < 1000; ++pages) {  // headers are of 16 MB at most
        const auto head = read(at, head_bytes);
        if (head.size() < head_bytes || !tagged(head, 0, "OggS")) return {};
        const auto lacing = read(at + head_bytes, head[26]);
        if (lacing.size() < head[26]) return {};
        at += head_bytes + lacing.size();
        for (const auto n : lacing) at += n;
        const auto granule = static_cast<std::int64_t>(le64(head, 6));
        if (granule <= 0) continue;
        const bool last = (head[5] & 4) && at == file_bytes;
        return last ? std::optional{granule} : std::nullopt;
    }
    return {};
}

}  // namespace stretto::audio
