#include "http/freshness.hpp"

#include <algorithm>
#include <array>

#include "http/range.hpp"

namespace stretto::http {
namespace {

template <std::size_t N>
bool is_one_of(int status, const std::array<int, N>& list) {
    return std::ranges::find(list, status) != list.end();
}

/// RFC 9110 15.1.
bool heuristically_cacheable(int status) {
    return is_one_of(status,
                     std::array{200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501});
}

/// Final status codes that have no cache rules, or rules that we implement (3, must-understand).
bool understood(int status) {
    return status >= 200 && !reason(status).empty() && status != 304 && status != 305;
}

std::optional<Time> date_field(const Fields& fields, std::string_view name, Time now) {
    const auto value = fields.find(name);
    return value ? parse_date(*value, now) : std::nullopt;
}

bool has_validator(const Fields& fields) {
    return fields.has("ETag") || fields.has("Last-Modified");
}

/// A GET with a body, on which the response may depend although it is not part of the cache key.
bool has_content(const Request& request) {
    const auto length = request.fields.find("Content-Length");
    return (length && *length != "0") || request.fields.has("Transfer-Encoding");
}

/// Whether Expires is used: CDN-Cache-Control replaces it (RFC 9213 2.2).
bool expires_counts(const Fields& fields) {
    return fields.has("Expires") && !cdn_cache_control(fields);
}

bool has_explicit_lifetime(const CacheControl& rules, const Fields& fields) {
    return rules.s_maxage || rules.max_age || expires_counts(fields);
}

/// 4.2.2: a tenth of the time between the last modification and the response.
Seconds heuristic_lifetime(const Stored& stored, const CacheControl& rules, Time date) {
    const auto modified = date_field(stored.fields, "Last-Modified", stored.received);
    if (!modified || !(heuristically_cacheable(stored.status) || rules.is_public))
        return Seconds{0};
    return std::clamp((date - *modified) / 10, Seconds{0}, Seconds{std::chrono::days{1}});
}

Seconds lifetime(const Stored& stored, const CacheControl& rules) {
    if (rules.s_maxage) return *rules.s_maxage;
    if (rules.max_age) return *rules.max_age;
    const auto date = date_field(stored.fields, "Date", stored.received).value_or(stored.received);
    if (!expires_counts(stored.fields)) return heuristic_lifetime(stored, rules, date);
    const auto expires = date_field(stored.fields, "Expires", stored.received);
    // 5.3: an invalid date is in the past; so are contradictory dates
    if (!expires || stored.fields.count("Expires") > 1) return Seconds{0};
    return std::max(*expires - date, Seconds{0});
}

/// 5.1: the first member counts; an invalid number counts as absent.
Seconds age_value(const Fields& fields) {
    const auto value = fields.find("Age");
    const auto members = value ? list_members(*value) : std::vector<std::string_view>{};
    if (members.empty()) return Seconds{0};
    return delta_seconds(members[0]).value_or(Seconds{0});
}

/// 4.2.4, except for s-maxage: an explicit stale-while-revalidate or stale-if-error takes
/// precedence over what s-maxage implies (5.2.2.10).
bool never_stale(const CacheControl& rules) {
    return rules.no_cache || rules.must_revalidate || rules.proxy_revalidate;
}

/// 3.1: the fields that a cache stores. no-cache and private with field names apply to every cache,
/// so those of Cache-Control are used in addition to those of CDN-Cache-Control.
Fields storable_fields(const Fields& fields) {
    Fields kept = fields;
    remove_hop_by_hop(kept);
    for (const auto& rules : {cache_control(fields), governing(fields)}) {
        for (const auto& name : rules.no_cache_fields) kept.remove(name);
        for (const auto& name : rules.private_fields) kept.remove(name);
    }
    return kept;
}

/// RFC 9110 6.6.1: the recipient of a message without Date adds the time of arrival.
void complete_date(Fields& fields, Time received) {
    if (!date_field(fields, "Date", received)) fields.set("Date", print_date(received));
}

/// A request's field for comparison: lines joined, and blanks around commas normalized.
std::optional<std::string> normalised(const Fields& fields, std::string_view name) {
    const auto value = fields.joined(name);
    if (!value) return std::nullopt;
    std::string out;
    for (const auto member : list_members(*value)) {
        if (!out.empty()) out += ", ";
        out += member;
    }
    return out;
}

/// 7.3: a response with Set-Cookie is reused only if it has an explicit lifetime. A heuristic
/// lifetime could give one user's session to another.
bool gives_cookies_away(const Stored& stored) {
    const auto rules = governing(stored.fields);
    return !rules.no_cache && has_explicit_lifetime(rules, stored.fields) &&
           lifetime(stored, rules) > Seconds{0};
}

bool varies_by_anything(const Fields& fields) { return has_token(fields, "Vary", "*"); }

}  // namespace

bool may_store(const Request& request, const Response& response, Time now) {
    const auto& fields = response.fields;
    if (request.method != "GET" || has_content(request)) return false;
    if (response.status < 200 || response.status == 304) return false;
    if (response.status == 206 && !parse_content_range(fields.joined("Content-Range").value_or("")))
        return false;
    const auto rules = governing(fields);
    if (rules.is_private || request_control(request.fields).no_store) return false;
    // 5.2.2.3: must-understand overrides no-store
    if (rules.must_understand ? !understood(response.status) : rules.no_store) return false;
    if (varies_by_anything(fields)) return false;
    if (request.fields.has("Authorization") &&
        !(rules.is_public || rules.must_revalidate || rules.s_maxage))
        return false;
    const bool validates = has_validator(fields);
    if (storable_fields(fields).has("Set-Cookie") &&
        !gives_cookies_away({response.status, fields, {}, now, now}))
        return false;
    if (rules.no_cache) return validates;
    if (!has_explicit_lifetime(rules, fields))
        return validates && (heuristically_cacheable(response.status) || rules.is_public);
    // a response that can neither be used nor validated is not stored
    const Stored stored{response.status, fields, {}, now, now};
    return validates || rules.stale_while_revalidate || rules.stale_if_error ||
           lifetime(stored, rules) > current_age(stored, now);
}

Stored to_store(const Request& request, const Response& response, Time requested, Time received) {
    Stored stored{response.status, storable_fields(response.fields), {}, requested, received};
    complete_date(stored.fields, received);
    stored.vary = selecting_fields(response.fields, request);
    return stored;
}

Fields selecting_fields(const Fields& response, const Request& request) {
    Fields selecting;
    if (const auto vary = response.joined("Vary"))
        for (const auto name : list_members(*vary))
            if (const auto value = normalised(request.fields, name)) selecting.set(name, *value);
    return selecting;
}

bool vary_matches(const Stored& stored, const Request& request) {
    const auto vary = stored.fields.joined("Vary");
    if (!vary) return true;
    if (varies_by_anything(stored.fields)) return false;
    return std::ranges::all_of(list_members(*vary), [&](std::string_view name) {
        const auto now = normalised(request.fields, name);
        const auto then = stored.vary.find(name);
        return now ? then && *now == *then : !then;
    });
}

Seconds lifetime(const Stored& stored) { return lifetime(stored, governing(stored.fields)); }

Seconds current_age(const Stored& stored, Time now) {
    const auto date = date_field(stored.fields, "Date", stored.received).value_or(stored.received);
    const auto zero = Seconds{0};
    const auto apparent_age = std::max(stored.received - date, zero);
    const auto response_delay = std::max(stored.received - stored.requested, zero);
    const auto initial_age = std::max(apparent_age, age_value(stored.fields) + response_delay);
    // if the clock was set back, the age does not fall below the age on arrival
    return initial_age + std::max(now - stored.received, zero);
}

Seconds clock_skew(const Response& response, Time requested, Time received) {
    const auto date = date_field(response.fields, "Date", received);
    if (!date) return Seconds{0};
    const auto theirs = *date + age_value(response.fields);
    return theirs - std::clamp(theirs, std::min(requested, received), received);
}

Use use(const Stored& stored, const Request& request, Time now) {
    const auto asked = request_control(request.fields);
    const auto rules = governing(stored.fields);
    if (asked.no_cache || rules.no_cache) return Use::validate;
    const auto age = current_age(stored, now);
    const auto life = lifetime(stored, rules);
    const bool fresh = age < life;
    // RFC 8246 2: for an immutable response, ignore the max-age=0 of a reload while it is fresh.
    // Otherwise the age in whole seconds must be below max-age, so that 0 always validates.
    const bool too_old = asked.max_age && age >= *asked.max_age && !(fresh && rules.immutable);
    const bool too_short = asked.min_fresh && life - age < *asked.min_fresh;
    if (fresh && !too_old && !too_short) return Use::fresh;
    if (!fresh && never_stale(rules)) return Use::validate;
    if (!fresh && !too_old && !too_short && rules.stale_while_revalidate &&
        age - life < *rules.stale_while_revalidate)
        return Use::stale_now;
    if (too_short || !asked.max_stale || (!fresh && rules.s_maxage)) return Use::validate;
    // 5.2.1.1: beside max-stale, max-age is a lifetime that may be overrun as far as the other
    const auto limit = std::min(life, asked.max_age.value_or(life));
    if (age - limit > *asked.max_stale) return Use::validate;
    return fresh ? Use::fresh : Use::stale_asked;
}

bool use_on_error(const Stored& stored, const Request& request, bool disconnected, Time now) {
    const auto asked = request_control(request.fields);
    const auto rules = governing(stored.fields);
    if (asked.no_cache || rules.no_cache) return false;
    const auto stale_for = current_age(stored, now) - lifetime(stored, rules);
    if (stale_for < Seconds{0}) return true;
    if (never_stale(rules)) return false;
    if (rules.stale_if_error) return stale_for < *rules.stale_if_error;
    if (rules.s_maxage) return false;
    if (asked.stale_if_error) return stale_for < *asked.stale_if_error;
    return disconnected;
}

Request validation(const Request& request, const Stored& stored) {
    Request asking = request;
    for (const auto name : {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
                            "If-Range", "Range"})
        asking.fields.remove(name);
    if (const auto etag = stored.fields.find("ETag")) asking.fields.add("If-None-Match", *etag);
    if (const auto modified = stored.fields.find("Last-Modified"))
        asking.fields.add("If-Modified-Since", *modified);
    return asking;
}

bool selects(const Response& not_modified, const Stored& stored) {
    const auto text = [](const Fields& fields, std::string_view name) {
        const auto value = fields.find(name);
        return value ? std::string_view{*value} : std::string_view{};
    };
    const auto etag = text(not_modified.fields, "ETag");
    const auto stored_etag = text(stored.fields, "ETag");
    if (!etag.empty())
        return etag.starts_with("W/") ? same_weakly(etag, stored_etag)
                                      : same_strongly(etag, stored_etag);
    const auto modified = text(not_modified.fields, "Last-Modified");
    if (!modified.empty()) return modified == text(stored.fields, "Last-Modified");
    return true;  // it refers to the validated response (4.3.3)
}

void freshen(Stored& stored, const Response& not_modified, Time requested, Time received) {
    Fields news = storable_fields(not_modified.fields);
    for (const auto name : {"Content-Length", "Content-Encoding", "Content-Range", "ETag"})
        news.remove(name);
    complete_date(news, received);
    stored.fields.remove("Age");  // from an earlier response; the new fields contain a new one
    for (const auto& field : news) stored.fields.remove(field.name);
    for (const auto& field : news) stored.fields.add(field.name, field.value);
    stored.requested = requested;
    stored.received = received;
    if (!gives_cookies_away(stored)) stored.fields.remove("Set-Cookie");
}

bool freshen_by_head(Stored& stored, const Response& head, Time requested, Time received) {
    if (head.status != stored.status) return false;
    for (const auto name : {"ETag", "Last-Modified", "Content-Length"}) {
        const auto now = head.fields.find(name), then = stored.fields.find(name);
        if (now && !(then && *now == *then)) return false;
    }
    freshen(stored, head, requested, received);
    return true;
}

}  // namespace stretto::http
