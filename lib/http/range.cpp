#include "http/range.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace stretto::http {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
/// A request for more ranges than this gets the whole body.
constexpr std::size_t most_ranges = 32;

/// Parse decimal digits and nothing else. A number beyond 64 bits becomes `most`, which is after
/// the end of every representation.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    std::uint64_t value = 0;
    const auto end = digits.data() + digits.size();
    return std::from_chars(digits.data(), end, value).ec == std::errc{} ? value : most;
}

/// Parse "a-b", "a-" or "-n" (RFC 9110 14.1.1).
struct RangeSpec {
    std::optional<std::uint64_t> first, last;
};
std::optional<RangeSpec> parse_spec(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto before = text.substr(0, dash), after = text.substr(dash + 1);
    const RangeSpec spec{parse_number(before), parse_number(after)};
    if ((!before.empty() && !spec.first) || (!after.empty() && !spec.last)) return std::nullopt;
    if (!spec.first && !spec.last) return std::nullopt;
    if (spec.first && spec.last && *spec.first > *spec.last) return std::nullopt;
    return spec;
}

/// Parse the text after "bytes=" in a Range field.
std::optional<std::string_view> byte_ranges(std::string_view range) {
    constexpr std::string_view unit = "bytes=";
    if (!same_token(range.substr(0, unit.size()), unit)) return std::nullopt;
    return range.substr(unit.size());
}

/// The bytes of a representation in a range; nullopt if the range contains none.
std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t size) {
    if (!spec.first) {
        const auto length = std::min(*spec.last, size);
        if (length == 0) return std::nullopt;
        return ByteRange{size - length, length};
    }
    if (*spec.first >= size) return std::nullopt;
    const auto last = std::min(spec.last.value_or(most), size - 1);
    return ByteRange{*spec.first, last - *spec.first + 1};
}

/// The union of the ranges; nullopt if it has gaps.
std::optional<ByteRange> united(std::vector<ByteRange> ranges) {
    std::ranges::sort(ranges, {}, &ByteRange::first);
    ByteRange all = ranges.front();
    for (const auto& range : ranges) {
        if (range.first > all.first + all.length) return std::nullopt;
        all.length = std::max(all.length, range.first + range.length - all.first);
    }
    return all;
}

bool is_weak(std::string_view tag) noexcept { return tag.starts_with("W/"); }
std::string_view opaque(std::string_view tag) noexcept { return tag.substr(is_weak(tag) ? 2 : 0); }

bool names_tag(std::string_view field, std::string_view etag,
               bool (*same)(std::string_view, std::string_view) noexcept) {
    return field == "*" || std::ranges::any_of(list_members(field), [&](std::string_view tag) {
               return same(tag, etag);
           });
}

std::optional<Time> date_field(const Request& request, std::string_view name, Time now) {
    const auto value = request.fields.find(name);
    return value && request.fields.count(name) == 1 ? parse_date(*value, now) : std::nullopt;
}

}  // namespace

Wanted wanted_range(std::string_view range, std::uint64_t size) {
    const auto set = byte_ranges(range);
    if (!set) return {};
    const auto members = list_members(*set);
    if (members.empty() || members.size() > most_ranges) return {};
    std::vector<ByteRange> found;
    bool whole = false;
    for (const auto member : members) {
        const auto spec = parse_spec(member);
        if (!spec) return {};
        if (const auto bytes = resolve(*spec, size)) found.push_back(*bytes);
        // satisfiable (14.1.2), but Content-Range cannot express zero bytes
        if (size == 0 && !spec->first && *spec->last > 0) whole = true;
    }
    if (whole) return {};
    if (found.empty()) return {Wanted::unsatisfiable, {}};
    if (const auto one = united(std::move(found))) return {Wanted::part, *one};
    return {};
}

std::optional<OpenRange> open_range(std::string_view range) {
    const auto set = byte_ranges(range);
    if (!set) return std::nullopt;
    const auto spec = parse_spec(*set);
    constexpr auto longest = std::numeric_limits<std::int64_t>::max();
    if (!spec || !spec->first || *spec->first >= longest) return std::nullopt;
    // longer than any representation; treated as no end, so that the caller's sums do not overflow
    if (spec->last && *spec->last >= longest) return OpenRange{*spec->first, std::nullopt};
    return OpenRange{*spec->first, spec->last};
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
    constexpr std::string_view unit = "bytes ";
    const auto slash = value.find('/');
    if (!same_token(value.substr(0, unit.size()), unit) || slash == std::string_view::npos)
        return std::nullopt;
    const auto spec = parse_spec(value.substr(unit.size(), slash - unit.size()));
    const auto size = parse_number(value.substr(slash + 1));
    if (!spec || !spec->first || !spec->last || !size || *size == most || *spec->last >= *size)
        return std::nullopt;
    return ContentRange{{*spec->first, *spec->last - *spec->first + 1}, *size};
}

std::string print_content_range(ByteRange range, std::uint64_t size) {
    return text("bytes ", range.first, "-", range.first + range.length - 1, "/", size);
}

bool same_strongly(std::string_view a, std::string_view b) noexcept {
    return !a.empty() && a == b && !is_weak(a);
}

bool same_weakly(std::string_view a, std::string_view b) noexcept {
    return !opaque(a).empty() && opaque(a) == opaque(b);
}

Condition precondition(const Request& request, std::string_view etag, std::string_view modified,
                       Time now) {
    // parse dates only if needed, because this runs for each request
    const auto changed = [&] { return parse_date(modified, now); };
    if (const auto tags = request.fields.joined("If-Match")) {
        if (!names_tag(*tags, etag, same_strongly)) return Condition::failed;
    } else if (const auto since = date_field(request, "If-Unmodified-Since", now)) {
        const auto at = changed();
        if (at && *at > *since) return Condition::failed;
    }
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (const auto tags = request.fields.joined("If-None-Match")) {
        if (names_tag(*tags, etag, same_weakly))
            return reads ? Condition::not_modified : Condition::failed;
    } else if (const auto since = date_field(request, "If-Modified-Since", now); reads && since) {
        const auto at = changed();
        if (at && *at <= *since) return Condition::not_modified;
    }
    return Condition::pass;
}

bool if_range_holds(const Request& request, std::string_view etag, std::string_view modified,
                    std::string_view date, Time now) {
    const auto value = request.fields.find("If-Range");
    if (!value) return true;
    if (request.fields.count("If-Range") > 1) return false;
    if (value->starts_with('"')) return same_strongly(*value, etag);
    const auto wanted = parse_date(*value, now);
    const auto changed = parse_date(modified, now);
    const auto sent = parse_date(date, now);
    // RFC 9110 8.8.2.2: a representation modified in the second of the response may change again in
    // it
    return wanted && changed && sent && *wanted == *changed && *changed + Seconds{1} <= *sent;
}

}  // namespace stretto::http
