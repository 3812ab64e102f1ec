#include "publish/tags.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "audio/mp4.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "publish/tag_names.hpp"

namespace stretto::publish {
namespace {

using audio::ReadAt;

constexpr std::size_t most_tag_bytes = 60'000;      // together
constexpr std::size_t most_read_bytes = 16u << 20;  // of an ID3 or comment block
constexpr std::size_t most_item_bytes = 1u << 20;   // of an MP4 value: the rest is not read
constexpr std::size_t most_tags = 4096;

std::uint32_t be32(BytesView b, std::size_t at) {
    return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 |
           std::uint32_t{b[at + 2]} << 8 | b[at + 3];
}
std::uint32_t be24(BytesView b, std::size_t at) {
    return std::uint32_t{b[at]} << 16 | std::uint32_t{b[at + 1]} << 8 | b[at + 2];
}
std::uint32_t synchsafe(BytesView b, std::size_t at) {
    return std::uint32_t{b[at] & 0x7fU} << 21 | std::uint32_t{b[at + 1] & 0x7fU} << 14 |
           std::uint32_t{b[at + 2] & 0x7fU} << 7 | (b[at + 3] & 0x7fU);
}

void append_utf8(std::string& to, std::uint32_t c) {
    const auto byte = [&](std::uint32_t v) { to += static_cast<char>(v); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) return byte(0xc0 | c >> 6), byte(0x80 | (c & 63));
    if (c < 0x10000) return byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
    byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)),
        byte(0x80 | (c & 63));
}

/// Windows-1252, which is what programs mean by Latin-1.
std::string from_latin1(std::string_view s) {
    static constexpr std::uint16_t upper[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    std::string out;
    for (const char ch : s) {
        const auto c = static_cast<unsigned char>(ch);
        append_utf8(out, c >= 0x80 && c < 0xa0 ? upper[c - 0x80] : c);
    }
    return out;
}

std::string from_utf16(BytesView b, bool little) {
    const auto unit = [&](std::size_t i) {
        return std::uint32_t{b[i + (little ? 1 : 0)]} << 8 | b[i + (little ? 0 : 1)];
    };
    std::string out;
    for (std::size_t i = 0; i + 2 <= b.size(); i += 2) {
        std::uint32_t c = unit(i);
        if (c >= 0xd800 && c < 0xdc00 && i + 4 <= b.size() && unit(i + 2) >= 0xdc00 &&
            unit(i + 2) < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = 0xfffd;
        }
        append_utf8(out, c);
    }
    return out;
}

/// Values apart: where there are zero characters between them.
std::vector<std::string> split_at_zeros(const std::string& s) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= s.size();) {
        const auto end = std::min(s.find('\0', at), s.size());
        parts.push_back(s.substr(at, end - at));
        at = end + 1;
    }
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    return parts;
}

/// The text of an ID3v2 frame behind its byte of encoding; with UTF-16 each value may have a mark
/// of its own.
std::vector<std::string> id3_text(std::uint8_t encoding, BytesView b) {
    if (encoding == 0) return split_at_zeros(from_latin1(as_text(b)));
    if (encoding == 3) return split_at_zeros(valid_utf8(as_text(b)));
    std::vector<std::string> values;
    bool little = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; encoding < 3 && i + 2 <= b.size() + 1 && begin <= b.size(); i += 2) {
        const bool end = i + 2 > b.size();
        if (!end && (b[i] || b[i + 1])) continue;
        BytesView value = b.subspan(begin, std::min(i, b.size()) - begin);
        if (value.size() >= 2 && value[0] + value[1] == 0xff + 0xfe) {
            little = value[0] == 0xff;
            value = value.subspan(2);
        }
        values.push_back(from_utf16(value, encoding == 1 && little));
        begin = i + 2;
        if (end) break;
    }
    while (!values.empty() && values.back().empty()) values.pop_back();
    return values;
}

/// Offset behind a text that a zero ends.
std::size_t behind_zero(std::uint8_t encoding, BytesView b, std::size_t at) {
    const std::size_t width = encoding == 1 || encoding == 2 ? 2 : 1;
    for (; at + width <= b.size(); at += width)
        if (b[at] == 0 && (width == 1 || b[at + 1] == 0)) return at + width;
    return b.size();
}

std::string trimmed(std::string s) {
    while (!s.empty() && (s.back() == ' ' || s.back() == '\0')) s.pop_back();
    return s;
}

void add(std::vector<Tag>& tags, std::string_view key, std::string value) {
    value = trimmed(std::move(value));
    if (tags.size() < most_tags && !key.empty() && !value.empty())
        tags.push_back({std::string{key}, std::move(value)});
}

/// "3/12" is a number and a total.
void add_number(std::vector<Tag>& tags, std::string_view key, const std::string& value) {
    const auto slash = value.find('/');
    add(tags, key, value.substr(0, slash));
    if (slash == std::string::npos) return;
    add(tags, key == "TRACKNUMBER" ? "TRACKTOTAL" : "DISCTOTAL", value.substr(slash + 1));
}

/// "(17)", "17" and "(17)Rock" are Rock.
void add_genre(std::vector<Tag>& tags, std::string value) {
    std::string_view rest = value;
    while (!rest.empty()) {
        const bool bracket = rest[0] == '(';
        unsigned number = 0;
        const char* const end = rest.data() + rest.size();
        const auto [after, failed] = std::from_chars(rest.data() + (bracket ? 1 : 0), end, number);
        const bool closed =
            failed == std::errc{} && (bracket ? after < end && *after == ')' : after == end);
        if (!closed || genre(number).empty()) break;
        rest.remove_prefix(static_cast<std::size_t>(after - rest.data()) + (bracket ? 1 : 0));
        if (rest.empty() || rest[0] == '(') add(tags, "GENRE", std::string{genre(number)});
    }
    add(tags, "GENRE", std::string{rest});
}

void add_as(std::vector<Tag>& tags, std::string_view key, const std::string& value) {
    if (key == "TRACKNUMBER" || key == "DISCNUMBER")
        add_number(tags, key, value);
    else if (key == "GENRE")
        add_genre(tags, value);
    else
        add(tags, key, value);
}

void take_frame(std::vector<Tag>& tags, std::string_view id, BytesView body) {
    if (body.size() < 2) return;
    if (id == "UFID" || id == "UFI") {
        const auto at = behind_zero(0, body, 0);
        if (as_text(body.first(at)).starts_with("http://musicbrainz.org"))
            add(tags, "MUSICBRAINZ_TRACKID", std::string{as_text(body.subspan(at))});
        return;
    }
    const std::uint8_t encoding = body[0];
    if (id == "TXXX" || id == "TXX") {
        const auto at = behind_zero(encoding, body, 1);
        const auto name = id3_text(encoding, body.subspan(1, at - 1));
        if (name.empty()) return;
        for (const auto& value : id3_text(encoding, body.subspan(at)))
            add_as(tags, name_of_free(name[0]), value);
        return;
    }
    const auto key = name_of_frame(id);
    if (key == "COMMENT" || key == "LYRICS") {  // a language and a description first
        if (body.size() < 5) return;
        const auto at = behind_zero(encoding, body, 4);
        const auto about = id3_text(encoding, body.subspan(4, at - 4));
        if (!about.empty() && key == "COMMENT") return;  // iTunes keeps numbers there
        for (const auto& value : id3_text(encoding, body.subspan(at))) add(tags, key, value);
    } else if (!key.empty()) {
        for (const auto& value : id3_text(encoding, body.subspan(1))) add_as(tags, key, value);
    }
}

/// Without the zero behind each 0xff.
Bytes synchronised(BytesView b) {
    Bytes out;
    for (std::size_t i = 0; i < b.size(); ++i) {
        out.push_back(b[i]);
        if (b[i] == 0xff && i + 1 < b.size() && b[i + 1] == 0) ++i;
    }
    return out;
}

bool frame_id(BytesView b) {
    return std::ranges::all_of(
        b, [](auto c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

std::vector<Tag> flac_tags(const ReadAt& read, std::uint64_t size) {
    std::uint64_t at = audio::id3v2_bytes(read(0, 10));
    if (as_text(read(at, 4)) != "fLaC") return {};
    at += 4;
    for (int blocks = 0; blocks < 1000 && at + 4 <= size; ++blocks) {
        const Bytes head = read(at, 4);
        if (head.size() < 4) break;
        const std::uint32_t length = be24(head, 1);
        if ((head[0] & 0x7f) == 4) return parse_vorbis_comments(read(at + 4, length));
        if (head[0] & 0x80) break;
        at += 4 + length;
    }
    return {};
}

/// The second packet of the first audio stream.
std::vector<Tag> ogg_tags(const ReadAt& read, std::uint64_t size) {
    std::uint64_t at = audio::id3v2_bytes(read(0, 10));
    std::uint32_t serial = 0;
    std::size_t skip = 0;  // magic of the comment packet
    Bytes packet;
    for (int pages = 0; pages < 4096 && at + 27 <= size; ++pages) {
        const Bytes head = read(at, 27 + 255);
        if (head.size() < 27 || as_text(BytesView{head}.first(4)) != "OggS" ||
            head.size() < 27u + head[26])
            break;
        const auto lacing = BytesView{head}.subspan(27, head[26]);
        std::size_t body = 0, wanted = 0;
        bool ends = false;
        for (const auto value : lacing) {
            body += value;
            if (!ends) wanted += value;
            ends = ends || value < 255;
        }
        const std::uint64_t from = at + 27 + head[26];
        at = from + body;
        if (head[5] & 2) {
            const Bytes first = read(from, 8);
            const auto begins = [&](std::string_view s) { return as_text(first).starts_with(s); };
            const std::size_t magic = begins("\x01vorbis") ? 7
                                      : begins("OpusHead") ? 8
                                      : begins(
                                            "\x7f"
                                            "FLAC")
                                          ? 4
                                      : begins("Speex   ") ? 0
                                                           : SIZE_MAX;
            if (magic != SIZE_MAX && serial == 0 && skip == 0 && packet.empty()) {
                serial = read_u32(head, 14);
                skip = magic;
            }
            continue;
        }
        if (read_u32(head, 14) != serial) continue;
        append(packet, read(from, wanted));
        if (packet.size() > most_read_bytes) break;
        if (ends)
            return packet.size() < skip ? std::vector<Tag>{}
                                        : parse_vorbis_comments(BytesView{packet}.subspan(skip));
    }
    return {};
}

void take_item(std::vector<Tag>& tags, const ReadAt& read, const audio::Box& item) {
    std::string name;
    const bool free = item.is("----");
    for (const auto& box : audio::boxes(read, item.begin, item.end)) {
        const Bytes body = read(box.begin, static_cast<std::size_t>(std::min<std::uint64_t>(
                                               box.end - box.begin, most_item_bytes)));
        if (box.is("name") && body.size() > 4) name = as_text(BytesView{body}.subspan(4));
        if (!box.is("data") || body.size() < 8) continue;
        const std::uint32_t type = be32(body, 0) & 0xffffff;
        const auto value = BytesView{body}.subspan(8);
        const std::string key =
            free ? name_of_free(name) : std::string{name_of_item({item.name, 4})};
        if (item.is("trkn") || item.is("disk")) {
            if (value.size() < 6) continue;
            const int number = value[2] << 8 | value[3], total = value[4] << 8 | value[5];
            if (number) add(tags, key, text(number));
            if (total) add(tags, item.is("trkn") ? "TRACKTOTAL" : "DISCTOTAL", text(total));
        } else if (item.is("gnre")) {
            if (value.size() >= 2)
                add(tags, key, std::string{genre((value[0] << 8 | value[1]) - 1U)});
        } else if (item.is("cpil") || item.is("tmpo")) {
            int number = 0;
            for (const auto byte : value.first(std::min<std::size_t>(value.size(), 2)))
                number = number << 8 | byte;
            if (number) add(tags, key, text(number));
        } else if (type == 1) {
            add_as(tags, key, valid_utf8(as_text(value)));
        }
    }
}

std::vector<Tag> mp4_tags(const ReadAt& read, std::uint64_t size) {
    std::vector<Tag> tags;
    const auto list = audio::find_box(read, 0, size, "moov/udta/meta/ilst");
    if (!list) return tags;
    for (const auto& item : audio::boxes(read, list->begin, list->end)) {
        if (item.is("covr")) continue;
        take_item(tags, read, item);
    }
    return tags;
}

/// Tags at the end: an ID3v1, and an APE tag with or without one behind it.
void tail_tags(const ReadAt& read, std::uint64_t size, std::vector<Tag>& ape,
               std::vector<Tag>& id3v1) {
    std::uint64_t end = size;
    if (end >= 128) {
        const Bytes last = read(end - 128, 128);
        id3v1 = parse_id3v1(last);
        if (as_text(last).starts_with("TAG")) end -= 128;
    }
    if (end < 32) return;
    const Bytes foot = read(end - 32, 32);
    if (foot.size() < 32 || as_text(BytesView{foot}.first(8)) != "APETAGEX") return;
    const std::uint32_t length = read_u32(foot, 12), count = read_u32(foot, 16);
    if (length < 32 || length > end || length > most_read_bytes) return;
    ape = parse_ape(read(end - length, length - 32), count);
}

bool wanted(std::string_view key) {
    static const std::set<std::string_view> technical = {"ENCODER",
                                                         "MAJOR_BRAND",
                                                         "MINOR_VERSION",
                                                         "COMPATIBLE_BRANDS",
                                                         "HANDLER_NAME",
                                                         "VENDOR_ID",
                                                         "CREATION_TIME",
                                                         "DURATION",
                                                         "METADATA_BLOCK_PICTURE",
                                                         "COVERART",
                                                         "COVERARTMIME",
                                                         "TIMECODE",
                                                         "BPS",
                                                         "NUMBER_OF_FRAMES",
                                                         "NUMBER_OF_BYTES"};
    const bool legal = !key.empty() && std::ranges::all_of(key, [](char c) {
        return c >= 0x20 && c <= 0x7d && c != '=';
    });
    // gain is ours to say: it changes here
    return legal && !technical.contains(key) && !key.starts_with("REPLAYGAIN_") &&
           !key.starts_with("R128_") && !key.starts_with("STRETTO_") &&
           !key.starts_with("_STATISTICS") && !key.starts_with("ITUN") &&
           !key.starts_with("COVER ART");
}

}  // namespace

std::string from_unstated(std::string_view s) {
    return valid_utf8(s) == s ? std::string{s} : from_latin1(s);
}

std::vector<Tag> parse_id3v2(BytesView tag) {
    std::vector<Tag> tags;
    if (tag.size() < 10 || as_text(tag.first(3)) != "ID3") return tags;
    const int version = tag[3];
    const std::uint8_t flags = tag[5];
    if (version < 2 || version > 4) return tags;
    BytesView rest = tag.subspan(10);
    rest = rest.first(std::min<std::size_t>(rest.size(), synchsafe(tag, 6)));
    Bytes whole;
    if ((flags & 0x80) && version < 4) rest = whole = synchronised(rest);
    if ((flags & 0x40) && version > 2 && rest.size() >= 4) {
        const std::size_t n = version == 3 ? be32(rest, 0) + std::size_t{4} : synchsafe(rest, 0);
        rest = rest.subspan(std::min(n, rest.size()));
    }
    const std::size_t head = version == 2 ? 6 : 10, id = version == 2 ? 3 : 4;
    while (rest.size() >= head && frame_id(rest.first(id))) {
        std::size_t size = version == 2   ? be24(rest, 3)
                           : version == 3 ? be32(rest, 4)
                                          : synchsafe(rest, 4);
        // iTunes once wrote plain sizes into 2.4
        if (version == 4 && size != be32(rest, 4) && head + size + 4 <= rest.size() &&
            rest[head + size] != 0 && !frame_id(rest.subspan(head + size, 4)))
            size = be32(rest, 4);
        if (size > rest.size() - head) break;
        const std::uint8_t how = version == 2 ? 0 : rest[9];
        BytesView body = rest.subspan(head, size);
        Bytes plain;
        const bool packed = version == 3 ? how & 0xc0 : version == 4 ? how & 0x0c : false;
        if (version == 4 && (how & 1) && body.size() >= 4) body = body.subspan(4);
        if (version == 4 && (how & 2)) body = plain = synchronised(body);
        if (!packed) take_frame(tags, as_text(rest.first(id)), body);
        rest = rest.subspan(head + size);
    }
    return tags;
}

std::vector<Tag> parse_id3v1(BytesView tag) {
    std::vector<Tag> tags;
    if (tag.size() < 128 || as_text(tag.first(3)) != "TAG") return tags;
    const auto field = [&](std::size_t at, std::size_t n) {
        const auto s = as_text(tag.subspan(at, n));
        return from_unstated(s.substr(0, s.find('\0')));
    };
    add(tags, "TITLE", field(3, 30));
    add(tags, "ARTIST", field(33, 30));
    add(tags, "ALBUM", field(63, 30));
    add(tags, "DATE", field(93, 4));
    add(tags, "COMMENT", field(97, tag[125] == 0 ? 28 : 30));
    if (tag[125] == 0 && tag[126] != 0) add(tags, "TRACKNUMBER", text(int{tag[126]}));
    add(tags, "GENRE", std::string{genre(tag[127])});
    return tags;
}

std::vector<Tag> parse_ape(BytesView items, std::uint32_t count) {
    std::vector<Tag> tags;
    for (std::uint32_t i = 0; i < count && items.size() > 8; ++i) {
        const std::size_t length = read_u32(items, 0);
        const bool words = (items[4] & 6) == 0;
        const auto zero = as_text(items).find('\0', 8);
        if (zero == std::string_view::npos || length > items.size() - zero - 1) break;
        const auto key = name_of_free(as_text(items.subspan(8, zero - 8)));
        if (words)
            for (const auto& value :
                 split_at_zeros(valid_utf8(as_text(items.subspan(zero + 1, length)))))
                add_as(tags, key, value);
        items = items.subspan(zero + 1 + length);
    }
    return tags;
}

std::vector<Tag> parse_vorbis_comments(BytesView b) {
    std::vector<Tag> tags;
    const auto number = [&](std::uint32_t& n) {
        if (b.size() < 4) return false;
        n = read_u32(b, 0);
        b = b.subspan(4);
        return true;
    };
    std::uint32_t length = 0, count = 0;
    if (!number(length) || length > b.size()) return tags;
    b = b.subspan(length);
    if (!number(count)) return tags;
    for (std::uint32_t i = 0; i < count && number(length) && length <= b.size(); ++i) {
        const auto comment = as_text(b.first(length));
        b = b.subspan(length);
        const auto equals = comment.find('=');
        if (equals == std::string_view::npos) continue;
        const auto key = name_of_free(comment.substr(0, equals));
        add_as(tags, key == "GENRE" ? "" : key, from_unstated(comment.substr(equals + 1)));
        if (key == "GENRE") add(tags, key, from_unstated(comment.substr(equals + 1)));
    }
    return tags;
}

std::vector<Tag> read_tags(const ReadAt& read, std::uint64_t size, std::string_view format) {
    if (format == "flac") return flac_tags(read, size);
    if (format == "ogg") return ogg_tags(read, size);
    if (format == "mov,mp4,m4a,3gp,3g2,mj2") return mp4_tags(read, size);
    static const std::set<std::string_view> tagged = {"mp3", "aac", "wv",  "ape",
                                                      "tta", "mpc", "mpc8"};
    if (!tagged.contains(format)) return {};
    std::vector<Tag> found, ape, id3v1;
    if (const auto n = audio::id3v2_bytes(read(0, 10)); n > 0)
        found = parse_id3v2(
            read(0, static_cast<std::size_t>(std::min<std::uint64_t>(n, most_read_bytes))));
    tail_tags(read, size, ape, id3v1);
    // the better tag has the word; the others say what it does not
    for (const auto* other : {&ape, &id3v1}) {
        std::set<std::string> known;
        for (const auto& tag : found) known.insert(tag.key);
        for (const auto& tag : *other)
            if (!known.contains(tag.key)) found.push_back(tag);
    }
    return found;
}

std::vector<std::string> comments_of(const std::vector<Tag>& tags,
                                     const std::vector<std::string>& others,
                                     std::vector<std::string>& left_out) {
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& tag : tags) {
        auto& list = values[tag.key];
        if (std::ranges::find(list, tag.value) == list.end()) list.push_back(tag.value);
    }
    if (tags.empty())
        for (const auto& comment : others) {
            const auto equals = comment.find('=');
            std::vector<Tag> one;
            add_as(one, name_of_free(comment.substr(0, equals)), comment.substr(equals + 1));
            for (auto& tag : one) values[tag.key].push_back(std::move(tag.value));
        }
    std::vector<std::string> comments;
    std::size_t room = most_tag_bytes;
    for (const auto& [key, list] : values)
        for (const auto& value : list) {
            if (!wanted(key)) continue;
            auto comment = text(key, "=", value);
            if (comment.size() > room) {
                left_out.push_back(text("tag ", key, " of ", value.size(),
                                        " bytes was left out: more than ", most_tag_bytes,
                                        " bytes of tags"));
                continue;
            }
            room -= comment.size();
            comments.push_back(std::move(comment));
        }
    return comments;
}

}  // namespace stretto::publish
