#pragma once
// What a shared cache may store, for how long it is fresh, and when it may be used: RFC 9111, with
// RFC 5861 (stale-while-revalidate, stale-if-error), RFC 8246 (immutable) and RFC 9213
// (CDN-Cache-Control). Pure: the clock is an argument. Whoever asks these asks Cache-Control,
// Cache-Status and what to invalidate too, so their headers come along.
#include "http/cache_control.hpp"
#include "http/cache_status.hpp"
#include "http/date.hpp"
#include "http/invalidation.hpp"
#include "http/message.hpp"

namespace stretto::http {

/// What a cache remembers of a response beside its body.
struct Stored {
    int status = 200;
    Fields fields;     ///< end-to-end fields, as received and as updated by validation
    Fields vary;       ///< the request's fields that Vary named, for matching
    Time requested{};  ///< our clock, when the request left
    Time received{};   ///< our clock, when the response's head came
};

/// 3: may a shared cache store this response to this request? `response` is a final one. 206 may be
/// stored only as a part of a whole that the caller combines. Only answers to GET without content
/// are, and none that could neither be used nor validated later. With Set-Cookie it
/// needs an explicit lifetime.
bool may_store(const Request& request, const Response& response, Time now);
/// The fields to keep: without hop-by-hop ones, and those that no-cache="..." or private="..."
/// name (3.1, 5.2.2.4, 5.2.2.7).
Stored to_store(const Request& request, const Response& response, Time requested, Time received);

/// 4.1: the request's fields that a response's Vary names, normalised.
Fields selecting_fields(const Fields& response, const Request& request);
/// 4.1: does the stored response's Vary select it for this request? "*" never matches. Fields are
/// compared after joining several lines and normalising blanks around commas.
bool vary_matches(const Stored& stored, const Request& request);

/// 4.2.1: CDN-Cache-Control's max-age, s-maxage, max-age, Expires less Date, else heuristics
/// (4.2.2): a tenth of the time since Last-Modified, at most a day, only where that is known and
/// the status is heuristically cacheable or the response is public.
Seconds lifetime(const Stored& stored);
/// 4.2.3.
Seconds current_age(const Stored& stored, Time now);

/// How far the clock of a response's sender is ahead of ours, negative when it is behind: its Date
/// and Age against the time between the request and the response. Zero without a valid Date.
Seconds clock_skew(const Response& response, Time requested, Time received);

/// What to do with a stored response that a request selects.
enum class Use {
    fresh,        ///< answer with it
    stale_now,    ///< answer with it and validate aside (stale-while-revalidate)
    stale_asked,  ///< answer with it though stale: the request's max-stale allows it
    validate      ///< ask upstream first
};
/// Stale only where 4.2.4 lets it: never against must-revalidate, proxy-revalidate or no-cache;
/// against s-maxage only within an explicit stale-while-revalidate, as sites write them together.
/// A request's no-cache always asks upstream; its max-age does not when what is stored is fresh and
/// immutable (RFC 8246).
Use use(const Stored& stored, const Request& request, Time now);
/// May it be answered though stale when upstream fails or says 500, 502, 503 or 504? RFC 9111 4.2.4
/// (a disconnected cache may, unless must-revalidate, proxy-revalidate, s-maxage or no-cache forbid
/// it), within stale-if-error where that is given: the response's, which outranks s-maxage, else
/// the request's.
/// @param disconnected  no answer came at all (rather than a 5xx, which needs an explicit
/// stale-if-error)
bool use_on_error(const Stored& stored, const Request& request, bool disconnected, Time now);

/// 4.3.1: the request that validates: the client's own, without its conditions and Range, with
/// If-None-Match and If-Modified-Since from what is stored.
Request validation(const Request& request, const Stored& stored);
/// 4.3.4, 3.2: does this 304 speak of that stored response (strong, then weak validators, then none
/// on either side)?
bool selects(const Response& not_modified, const Stored& stored);
/// Fields of the 304 replace stored ones, except those that the stored bytes depend on
/// (Content-Length, Content-Encoding, Content-Range, ETag: 3.2), and times are renewed. A Vary that
/// newly names a field matches from then on only requests without that field.
void freshen(Stored& stored, const Response& not_modified, Time requested, Time received);
/// 4.3.5: a HEAD answer. true: it was freshened; false: it differs (status, ETag, Last-Modified or
/// Content-Length) and what is stored must be taken as stale. For a 200 only: other answers to HEAD
/// say nothing of what is stored.
bool freshen_by_head(Stored& stored, const Response& head, Time requested, Time received);

}  // namespace stretto::http
