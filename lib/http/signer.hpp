#pragma once
// Signs requests to some servers (AWS Signature Version 4), whoever in the program sends them.
#include <functional>
#include <string>

#include "http/place.hpp"

namespace stretto::http {

struct Signature {
    std::string scope;  ///< libcurl's: "aws:amz:eu-west-1:s3"
    std::string key, secret;
    std::string token;  ///< of temporary credentials; empty: none
};

/// Asked for each request, from any thread; must not throw.
using Signer = std::function<Signature()>;

/// All requests of the program from now on to URLs below `base` are signed. Of their fields only
/// those are sent that ask about the object (Range, If-..., Content-Type, Cache-Control,
/// x-amz-...): a signature covers them all, and every other one is one more to disagree about. Call
/// it before there are threads.
void sign_requests(const std::string& base, Signer signer);

/// Empty: requests to this place are not signed.
Signer signer_of(const Place& place);

/// Everything but A-Za-z0-9-._~ is %XX, upper case; as S3 wants it in paths (with '/') and queries.
std::string percent_encoded(std::string_view text, bool keep_slashes);

}  // namespace stretto::http
