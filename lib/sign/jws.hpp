#pragma once
// Signed JSON: the compact serialization of JWS (RFC 7515 7.1) with ES256 alone.
#include <functional>
#include <optional>
#include <string>

#include "base/json_value.hpp"
#include "sign/key.hpp"

namespace stretto::sign {

/// Taken apart, not verified.
struct Jws {
    static constexpr std::size_t most_bytes = 4096;
    std::string key;        ///< `kid`: whose key
    std::string type;       ///< `typ`; empty: none
    Json claims;            ///< an object
    std::string_view text;  ///< what is signed: a part of what was parsed
    Bytes signature;
};

/// Malformed for another algorithm than ES256 ("none" too), no `kid`, `crit`, a member that is
/// repeated, and anything that is not three parts of base64url, of at most most_bytes.
Result<Jws> parse_jws(std::string_view token);

/// @param type  `typ`
std::string print_jws(std::string_view type, const Json& claims, const PrivateKey& key,
                      std::string_view key_id);

}  // namespace stretto::sign
