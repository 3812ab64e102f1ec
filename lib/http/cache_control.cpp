#include "http/cache_control.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/structured.hpp"

namespace stretto::http {
namespace {

using Number = std::optional<Seconds> CacheControl::*;
using Flag = bool CacheControl::*;

/// Directives for which the smallest number is the strictest.
constexpr std::array<std::pair<std::string_view, Number>, 4> numbers{{
    {"max-age", &CacheControl::max_age},
    {"s-maxage", &CacheControl::s_maxage},
    {"stale-while-revalidate", &CacheControl::stale_while_revalidate},
    {"stale-if-error", &CacheControl::stale_if_error},
}};
constexpr std::array<std::pair<std::string_view, Flag>, 8> flags{{
    {"no-store", &CacheControl::no_store},
    {"public", &CacheControl::is_public},
    {"must-revalidate", &CacheControl::must_revalidate},
    {"proxy-revalidate", &CacheControl::proxy_revalidate},
    {"no-transform", &CacheControl::no_transform},
    {"only-if-cached", &CacheControl::only_if_cached},
    {"must-understand", &CacheControl::must_understand},
    {"immutable", &CacheControl::immutable},
}};

Seconds seconds(std::string_view text) { return delta_seconds(text).value_or(Seconds{0}); }

void keep_least(std::optional<Seconds>& kept, Seconds more) {
    kept = kept ? std::min(*kept, more) : more;
}

/// no-cache and private: for the named fields, or for the whole response without names.
void apply_to_fields(std::string_view names, bool& whole, std::vector<std::string>& fields) {
    const auto members = list_members(names);
    if (members.empty()) whole = true;
    for (const auto name : members) fields.emplace_back(name);
}

/// @param argument  without its quotes; empty if there is none
void apply(CacheControl& control, std::string_view name, std::string_view argument) {
    for (const auto& [known, number] : numbers)
        if (same_token(name, known)) keep_least(control.*number, seconds(argument));
    for (const auto& [known, flag] : flags)
        if (same_token(name, known)) control.*flag = true;
    if (same_token(name, "min-fresh"))
        control.min_fresh = std::max(control.min_fresh.value_or(Seconds{0}), seconds(argument));
    if (same_token(name, "max-stale"))
        keep_least(control.max_stale, argument.empty() ? Seconds::max() : seconds(argument));
    if (same_token(name, "no-cache"))
        apply_to_fields(argument, control.no_cache, control.no_cache_fields);
    if (same_token(name, "private"))
        apply_to_fields(argument, control.is_private, control.private_fields);
}

/// A token unchanged, or a quoted-string without its quotes and backslashes (RFC 9110 5.6.4).
std::string unquoted(std::string_view text) {
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::string{text};
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) ++i;
        out += text[i];
    }
    return out;
}

/// A blank around "=" stays in the argument, so a number is invalid. The name before it is still
/// recognized, because no-store must not be missed.
void apply_member(CacheControl& control, std::string_view member) {
    const auto equals = std::min(member.find('='), member.size());
    auto name = member.substr(0, equals);
    const bool blank = name.ends_with(' ') || name.ends_with('\t');
    name = name.substr(0, name.find_first_of(" \t"));
    if (equals == member.size()) return apply(control, name, {});
    apply(control, name, (blank ? " " : "") + unquoted(member.substr(equals + 1)));
}

void apply_line(CacheControl& control, std::string_view value) {
    for (const auto member : list_members(value)) apply_member(control, member);
}

bool is_number(std::string_view name) {
    return std::ranges::find(numbers, name, &decltype(numbers)::value_type::first) != numbers.end();
}

}  // namespace

std::optional<Seconds> delta_seconds(std::string_view text) {
    constexpr std::int64_t most = std::int64_t{1} << 31;
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return Seconds{result.ec == std::errc{} ? std::min(value, most) : most};
}

CacheControl parse_cache_control(std::string_view value) {
    CacheControl control;
    apply_line(control, value);
    return control;
}

CacheControl cache_control(const Fields& fields) {
    CacheControl control;
    // each line separately: an open quote in one line must not hide directives in the next
    for (const auto& field : fields)
        if (same_token(field.name, "Cache-Control")) apply_line(control, field.value);
    return control;
}

std::optional<CacheControl> cdn_cache_control(const Fields& response) {
    const auto value = response.joined("CDN-Cache-Control");
    if (!value) return std::nullopt;
    const auto members = parse_dictionary(*value);
    if (!members || members->empty()) return std::nullopt;
    CacheControl control;
    for (const auto& [key, value] : *members) {
        const auto number = std::get_if<std::int64_t>(&value);
        const auto words = std::get_if<std::string>(&value);
        const auto truth = std::get_if<bool>(&value);
        // RFC 8941 2: a value that violates the field's rules is ignored like an invalid one
        if (is_number(key) && !number) return std::nullopt;
        if (truth && !*truth) continue;
        apply(control, key, number ? std::to_string(*number) : words ? *words : "");
    }
    return control;
}

CacheControl governing(const Fields& response) {
    if (auto control = cdn_cache_control(response)) return std::move(*control);
    return cache_control(response);
}

CacheControl request_control(const Fields& request) {
    auto control = cache_control(request);
    if (!request.has("Cache-Control") && has_token(request, "Pragma", "no-cache"))
        control.no_cache = true;
    return control;
}

}  // namespace stretto::http
