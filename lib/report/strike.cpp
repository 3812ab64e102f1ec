#include "report/strike.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "report/access.hpp"

namespace stretto::report {
namespace {

/// The number of `digits` hexadecimal digits at `at`.
std::optional<unsigned> hex(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return {};
    unsigned value = 0;
    const char *from = text.data() + at, *end = from + digits;
    const auto [stop, code] = std::from_chars(from, end, value, 16);
    if (code != std::errc{} || stop != end) return {};
    return value;
}

/// \xHH, as stretto-serve writes bytes to its log.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = text.substr(at, 2) == "\\x" ? hex(text, at + 2, 2) : std::nullopt;
        out += byte ? static_cast<char>(*byte) : text[at];
        if (byte) at += 3;
    }
    return out;
}

std::string percent_decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = text[at] == '%' ? hex(text, at + 1, 2) : std::nullopt;
        out += byte ? static_cast<char>(*byte) : plus_is_blank && text[at] == '+' ? ' ' : text[at];
        if (byte) at += 2;
    }
    return out;
}

void append_utf8(std::string& to, unsigned code) {
    const auto more = [&](int shift) { to += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xc0 | (code >> 6));
        more(0);
    } else if (code < 0x10000) {
        to += static_cast<char>(0xe0 | (code >> 12));
        more(6), more(0);
    } else {
        to += static_cast<char>(0xf0 | (code >> 18));
        more(12), more(6), more(0);
    }
}

/// The content of a string of JSON.
std::string json_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        const char kind = text[++at];
        constexpr std::string_view letters = "bfnrt", bytes = "\b\f\n\r\t";
        if (const auto code = kind == 'u' ? hex(text, at + 1, 4) : std::nullopt) {
            at += 4;
            auto whole = *code;
            const auto low = whole >= 0xd800 && whole < 0xdc00 && text.substr(at + 1, 2) == "\\u"
                                 ? hex(text, at + 3, 4)
                                 : std::nullopt;
            if (low && *low >= 0xdc00 && *low < 0xe000) {
                whole = 0x10000 + ((whole - 0xd800) << 10) + (*low - 0xdc00);
                at += 6;
            }
            append_utf8(out, whole);
        } else if (const auto letter = letters.find(kind); letter != letters.npos) {
            out += bytes[letter];
        } else {
            out += kind;
        }
    }
    return out;
}

/// Call `take` for each part of a text between the separators.
template <class Take>
void each_part(std::string_view text, std::string_view separators, Take take) {
    for (std::size_t from = 0; from <= text.size();) {
        const auto end = std::min(text.find_first_of(separators, from), text.size());
        take(text.substr(from, end - from));
        from = end + 1;
    }
}

/// A value of a query is an id, or contains one as CMCD does: sf=o,sid="ID".
bool is_value(std::string_view value, const IsId& is_id) {
    const auto plain = unescaped(value);
    bool found = false;
    for (const bool plus : {true, false}) {
        const auto decoded = percent_decoded(plain, plus);
        found = found || is_id(decoded);
        const auto quoted = decoded.find("=\""), end = decoded.rfind('"');
        if (quoted != decoded.npos && end > quoted + 1)
            found = found || is_id(std::string_view{decoded}.substr(quoted + 2, end - quoted - 2));
        each_part(decoded, ",", [&](std::string_view member) {
            member.remove_prefix(std::min(member.find('=') + 1, member.size()));
            if (member.size() >= 2 && member.front() == '"' && member.back() == '"')
                member = member.substr(1, member.size() - 2);
            found = found || is_id(member);
        });
    }
    return found;
}

/// Call `take` for the value of each parameter of a URL's query.
template <class Take>
void each_query_value(std::string_view url, Take take) {
    const auto query = url.find('?');
    if (query == url.npos) return;
    each_part(url.substr(query + 1), "&;#", [&](std::string_view parameter) {
        take(parameter.substr(std::min(parameter.find('=') + 1, parameter.size())));
    });
}

/// Call `take` for each URL of a request line or a referer.
template <class Take>
void each_url(std::string_view field, Take take) {
    each_part(field, " ", [&](std::string_view word) {
        if (!word.starts_with("HTTP/") && word.find_first_of("/?") != word.npos) take(word);
    });
}

/// Parts of a line to be replaced.
struct Finds {
    std::string_view line;
    std::vector<std::pair<std::size_t, std::size_t>> parts;  // begin and size

    void add(std::string_view part) {
        if (part.empty() || part == "-") return;
        parts.emplace_back(static_cast<std::size_t>(part.data() - line.data()), part.size());
    }
};

bool same(const Access& a, const Access& b) {
    return a.time_ms == b.time_ms && a.bytes == b.bytes && a.status == b.status &&
           a.cache == b.cache && a.via == b.via && a.address == b.address;
}

bool mentions_json(std::string_view line, const IsId& is_id) {
    for (std::size_t at = line.find('"'); at != line.npos; at = line.find('"', at)) {
        auto end = at + 1;
        while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
        if (end >= line.size()) return false;
        const auto text = line.substr(at + 1, end - at - 1);
        at = line.find_first_not_of(" \t", end + 1);
        const bool key = at != line.npos && line[at] == ':';
        if (!key && (is_id(text) || is_id(json_decoded(text)))) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace

Struck strike(std::string& line, const IsId& is_id) {
    const auto access = parse_access(line);
    if (!access) return Struck::nothing;
    Finds finds{line, {}};
    if (!access->session.empty() && (is_id(access->session) || is_id(unescaped(access->session))))
        finds.add(access->session);
    for (const auto field : {access->request, access->referer})
        each_url(field, [&](std::string_view url) {
            each_query_value(url, [&](std::string_view value) {
                if (is_value(value, is_id)) finds.add(value);
            });
        });
    if (finds.parts.empty()) return Struck::nothing;
    for (const auto field : {access->request, access->referer})
        each_url(field, [&](std::string_view url) {
            each_part(url.substr(0, url.find('?')), "/", [&](std::string_view part) {
                if (is_id(percent_decoded(unescaped(part), false))) finds.add(part);
            });
        });
    std::sort(finds.parts.rbegin(), finds.parts.rend());
    auto changed = line;
    for (const auto& [begin, size] : finds.parts) changed.replace(begin, size, "-");
    const auto now = parse_access(changed);
    if (!now || !same(*access, *now)) return Struck::refused;
    line = std::move(changed);
    return Struck::some;
}

bool mentions(std::string_view line, const IsId& is_id) {
    if (line.starts_with('{')) return mentions_json(line, is_id);
    bool found = false;
    each_part(line, "\"", [&](std::string_view field) {
        each_url(field, [&](std::string_view url) {
            each_query_value(url, [&](std::string_view value) {
                found = found || (value != "-" && is_value(value, is_id));
            });
        });
    });
    return found;
}

}  // namespace stretto::report
