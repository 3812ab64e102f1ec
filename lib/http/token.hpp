#pragma once
// Where a request carries an access token: in its URL, in a cookie, or in Authorization.
#include <optional>
#include <string>

#include "http/message.hpp"

namespace stretto::http {

/// The name of the parameter and of the cookie (RFC 9246 3.2).
constexpr std::string_view token_name = "URISigningPackage";

struct Carried {
    std::string token;    ///< empty: none
    bool in_url = false;  ///< so that a redirect has to name it again
};

/// Take the token out of a request, wherever it is, so that it is no part of a cache's key and goes
/// to no other server. The URL's counts first, then the cookie's, then that of Authorization.
Carried take_token(Request& request);

/// A target or URL for logs: with the value of the parameter replaced, and keys and passwords of
/// requests to stretto-subsonic.
std::string without_token(std::string_view url);

/// Add "Authorization: Bearer TOKEN" (RFC 6750). @param token  empty: nothing
void authorize(Request& request, std::string_view token);

}  // namespace stretto::http
