#include "audio/mp4.hpp"

#include <algorithm>
#include <cmath>

namespace stretto::audio {
namespace {

constexpr std::size_t most_boxes = 10'000;

std::uint32_t be32(BytesView b, std::size_t at) {
    return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 |
           std::uint32_t{b[at + 2]} << 8 | b[at + 3];
}
std::uint64_t be64(BytesView b, std::size_t at) {
    return std::uint64_t{be32(b, at)} << 32 | be32(b, at + 4);
}

/// The field of a versioned box that is 4 bytes at `narrow` or 8 bytes at `wide`.
std::optional<std::uint64_t> field(BytesView b, std::size_t narrow, std::size_t wide) {
    if (b.empty()) return {};
    if (b[0] == 0)
        return b.size() >= narrow + 4 ? std::optional<std::uint64_t>{be32(b, narrow)}
                                      : std::nullopt;
    return b.size() >= wide + 8 ? std::optional{be64(b, wide)} : std::nullopt;
}

Bytes content(const ReadAt& read, const std::optional<Box>& box) {
    if (!box) return {};
    return read(box->begin,
                static_cast<std::size_t>(std::min<std::uint64_t>(box->end - box->begin, 4096)));
}

struct Edit {
    std::int64_t duration = 0, from = 0;
};

/// The only edit that is not a pause; nullopt if there are several, or an unknown one.
std::optional<Edit> only_edit(BytesView list) {
    if (list.size() < 8) return {};
    const bool wide = list[0] == 1;
    const std::size_t each = wide ? 20 : 12;
    const std::uint32_t count = be32(list, 4);
    std::optional<Edit> found;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t at = 8 + i * each;
        if (at + each > list.size()) return {};
        const Edit edit{static_cast<std::int64_t>(wide ? be64(list, at) : be32(list, at)),
                        wide ? static_cast<std::int64_t>(be64(list, at + 8))
                             : static_cast<std::int32_t>(be32(list, at + 4))};
        if (edit.from < 0) continue;
        if (found) return {};
        found = edit;
    }
    return found;
}

}  // namespace

std::vector<Box> boxes(const ReadAt& read, std::uint64_t begin, std::uint64_t end) {
    std::vector<Box> found;
    while (begin + 8 <= end && found.size() < most_boxes) {
        const Bytes head = read(begin, 16);
        if (head.size() < 8) break;
        std::uint64_t size = be32(head, 0), header = 8;
        if (size == 1 && head.size() == 16) size = be64(head, 8), header = 16;
        if (size == 0) size = end - begin;
        if (size < header || size > end - begin) break;
        Box box;
        std::copy_n(head.begin() + 4, 4, box.name);
        box.begin = begin + header;
        box.end = begin + size;
        found.push_back(box);
        begin += size;
    }
    return found;
}

std::optional<Box> find_box(const ReadAt& read, std::uint64_t begin, std::uint64_t end,
                            std::string_view path) {
    const auto name = path.substr(0, path.find('/'));
    for (const auto& box : boxes(read, begin, end)) {
        if (!box.is(name)) continue;
        if (name.size() == path.size()) return box;
        // a "meta" box has a version in front, in MP4; in QuickTime it has none
        std::uint64_t inside = box.begin;
        if (name == "meta") {
            const Bytes head = read(inside, 8);
            if (head.size() == 8 && as_text(BytesView{head}.subspan(4)) != "hdlr") inside += 4;
        }
        return find_box(read, inside, box.end, path.substr(name.size() + 1));
    }
    return {};
}

std::optional<TrackLength> mp4_track(const ReadAt& read, std::uint64_t file_bytes,
                                     std::uint32_t track_id) {
    const auto film = find_box(read, 0, file_bytes, "moov");
    if (!film) return {};
    const auto film_header = content(read, find_box(read, film->begin, film->end, "mvhd"));
    if (film_header.size() < 24) return {};
    const std::uint32_t film_rate = be32(film_header, film_header[0] == 0 ? 12 : 20);
    for (const auto& track : boxes(read, film->begin, film->end)) {
        const auto inside = [&](std::string_view path) {
            return content(read, find_box(read, track.begin, track.end, path));
        };
        if (!track.is("trak")) continue;
        const auto track_header = inside("tkhd");
        if (track_header.size() < 24 ||
            be32(track_header, track_header[0] == 0 ? 12 : 20) != track_id)
            continue;
        const auto header = inside("mdia/mdhd");
        const auto all = field(header, 16, 24);
        if (!all || *all == 0 || *all > std::uint64_t{1} << 40) return {};
        const std::uint32_t rate = be32(header, header[0] == 0 ? 12 : 20);
        auto length = static_cast<std::int64_t>(*all);
        if (const auto list = inside("edts/elst"); !list.empty()) {
            const auto edit = only_edit(list);
            if (!edit || film_rate == 0 || edit->from >= length) return {};
            length -= edit->from;
            const double edited = static_cast<double>(edit->duration) / film_rate;
            const double whole = static_cast<double>(length) / rate;
            if (edit->duration > 0 && edited < whole - 1.001 / film_rate)
                length = std::llround(edited * rate);
        }
        return rate == 0 || length <= 0 ? std::nullopt : std::optional{TrackLength{length, rate}};
    }
    return {};
}

}  // namespace stretto::audio
