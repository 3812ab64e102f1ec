#pragma once
// The URL of a server, taken apart.
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace stretto::http {

/// "http://user:password@host:port/prefix". Its printed forms never contain the userinfo, and
/// neither does the Host field (RFC 9110 4.2.4, 7.2).
struct Place {
    std::string origin;          ///< "http://host:port"
    std::string authority;       ///< "host:port", or "host"
    std::string prefix;          ///< a path before every target, "/a" or ""
    std::string user, password;  ///< decoded; both empty: none
    bool known = false;          ///< false: no http:// or https:// URL

    std::string url() const { return origin + prefix; }
    bool has_user() const noexcept { return !user.empty() || !password.empty(); }
};

/// A URL without a scheme means http://. An invalid URL becomes an unknown Place.
Place parse_place(std::string_view url);

/// The URL of one thing, cut into what an Upstream takes: a server, and a request's target.
struct OneUrl {
    std::string base;    ///< "http://user:password@host:port"
    std::string target;  ///< "/path?query", without a fragment; "/" if the URL has neither
};
OneUrl split_url(std::string_view url);

/// The target of a redirection: `location` may be relative to `url` (RFC 9110 10.2.2). Malformed if
/// it is not an http or https URL, or leads from https to http.
Result<std::string> redirection(const std::string& url, const std::string& location);

/// The URL without its userinfo, for messages, valid or not.
std::string without_userinfo(std::string_view url);

}  // namespace stretto::http
