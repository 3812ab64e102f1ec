#pragma once
// Cache-Control (RFC 9111 5.2, RFC 5861, RFC 8246) and CDN-Cache-Control (RFC 9213) as values.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/date.hpp"
#include "http/message.hpp"

namespace stretto::http {

/// Digits only; one too large is 2^31 (RFC 9111 1.2.2).
std::optional<Seconds> delta_seconds(std::string_view text);

/// Directives of a Cache-Control field. A number that is no number counts as 0 (stale), one too
/// large as 2^31; of directives that contradict each other the strictest holds.
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

/// CDN-Cache-Control; nullopt when it is not there, empty, no structured dictionary, or has a
/// lifetime that is no integer: then it counts for nothing (RFC 9213 2.2, RFC 8941 2).
std::optional<CacheControl> cdn_cache_control(const Fields& response);
/// What governs us as a CDN: CDN-Cache-Control, which replaces Cache-Control and Expires, or else
/// Cache-Control.
CacheControl governing(const Fields& response);
/// A request's directives; "Pragma: no-cache" counts where it has no Cache-Control (RFC 9111 5.4).
CacheControl request_control(const Fields& request);

}  // namespace stretto::http
