#pragma once
// What a shared cache may store, for how long it is fresh, and when it may be used: RFC 9111, with
// RFC 5861 (stale-while-revalidate, stale-if-error), RFC 8246 (immutable) and RFC 9213
// (CDN-Cache-Control). Pure: the clock is an argument.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/date.hpp"
#include "http/message.hpp"

namespace stretto::http {

/// Directives of a Cache-Control field. A number that is no number counts as 0 (stale), one too
/// large as 2^31 (RFC 9111 1.2.2); of directives that contradict each other the strictest holds.
struct CacheControl {
    std::optional<Seconds> max_age, s_maxage, stale_while_revalidate, stale_if_error;
    std::optional<Seconds> min_fresh;
    std::optional<Seconds> max_stale;  ///< Seconds::max() without an argument: any
    bool no_store = false, no_cache = false, is_private = false, is_public = false;
    bool must_revalidate = false, proxy_revalidate = false, no_transform = false;
    bool only_if_cached = false, must_understand = false, immutable = false;
    std::vector<std::string> no_cache_fields, private_fields;  ///< of the forms with field names
};
/// All Cache-Control fields of a message together.
CacheControl cache_control(const Fields& fields);
CacheControl parse_cache_control(std::string_view value);
/// What governs us as a CDN: CDN-Cache-Control where it is there and a valid structured dictionary
/// (RFC 9213 2.2: it then replaces Cache-Control and Expires), else Cache-Control; a request's
/// "Pragma: no-cache" counts where it has no Cache-Control.
CacheControl governing(const Fields& response);
CacheControl request_control(const Fields& request);

/// What a cache remembers of a response beside its body.
struct Stored {
    int status = 200;
    Fields fields;     ///< end-to-end fields, as received and as updated by validation
    Fields vary;       ///< the request's fields that Vary named, for matching
    Time requested{};  ///< our clock, when the request left
    Time received{};   ///< our clock, when the response's head came
};

/// 3: may a shared cache store this response to this request? `response` is a final one. 206 may be
/// stored only as a part of a whole that the caller combines.
bool may_store(const Request& request, const Response& response, Time now);
/// The fields to keep: without hop-by-hop ones, and those that no-cache="..." or private="..."
/// name (3.1, 5.2.2.4, 5.2.2.7).
Stored to_store(const Request& request, const Response& response, Time requested, Time received);

/// 4.1: does the stored response's Vary select it for this request? "*" never matches. Fields are
/// compared after joining several lines and normalising blanks around commas.
bool vary_matches(const Stored& stored, const Request& request);

/// 4.2.1: CDN-Cache-Control's max-age, s-maxage, max-age, Expires less Date, else heuristics
/// (4.2.2): a tenth of the time since Last-Modified, at most a day, only where that is known and
/// the status is heuristically cacheable or the response is public.
Seconds lifetime(const Stored& stored);
/// 4.2.3.
Seconds current_age(const Stored& stored, Time now);

/// What to do with a stored response that a request selects.
enum class Use {
    fresh,        ///< answer with it
    stale_now,    ///< answer with it and validate aside (stale-while-revalidate)
    stale_asked,  ///< answer with it though stale: the request's max-stale allows it
    validate      ///< ask upstream first
};
Use use(const Stored& stored, const Request& request, Time now);
/// May it be answered though stale when upstream fails or says 500, 502, 503 or 504? RFC 9111 4.2.4
/// (a disconnected cache may, unless must-revalidate, proxy-revalidate, s-maxage or no-cache forbid
/// it), within stale-if-error where that is given.
/// @param disconnected  no answer came at all (rather than a 5xx, which needs an explicit
/// stale-if-error)
bool use_on_error(const Stored& stored, const Request& request, bool disconnected, Time now);

/// 4.3.1: the request that validates: the client's own, without its conditions and Range, with
/// If-None-Match and If-Modified-Since from what is stored.
Request validation(const Request& request, const Stored& stored);
/// 4.3.4, 3.2: does this 304 speak of that stored response (strong, then weak validators, then none
/// on either side)?
bool selects(const Response& not_modified, const Stored& stored);
/// Fields of the 304 replace stored ones, except those that describe the stored body
/// (Content-Length, Content-Encoding, Content-Range, Content-Type, ETag when weak...: 3.2), and
/// times are renewed.
void freshen(Stored& stored, const Response& not_modified, Time requested, Time received);
/// 4.3.5: a HEAD answer. true: it was freshened; false: it differs (ETag, Last-Modified or
/// Content-Length) and what is stored must be taken as stale.
bool freshen_by_head(Stored& stored, const Response& head, Time requested, Time received);

/// 4.4: which stored paths an answer to this request makes invalid: the request's own target, and
/// Location and Content-Location of the same origin; none after a safe method or an error.
/// @param authority  "host:port" that we serve as, in which absolute URIs count as ours
std::vector<std::string> invalidated(const Request& request, const Response& response,
                                     std::string_view authority);

/// Methods that change nothing (RFC 9110 9.2.1).
bool is_safe(std::string_view method) noexcept;

/// One Cache-Status member (RFC 9211): `name; hit; ttl=30`, `name; fwd=uri-miss; stored`, ...
struct CacheStatus {
    bool hit = false;
    std::string fwd;  ///< bypass, method, uri-miss, vary-miss, miss, request, stale, partial; empty
                      ///< when hit
    std::optional<int> fwd_status;
    std::optional<long long> ttl;
    bool stored = false, collapsed = false;
    std::string detail;
};
std::string print_cache_status(std::string_view cache_name, const CacheStatus& status);

}  // namespace stretto::http
