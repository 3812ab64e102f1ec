#pragma once
// What a listener may hear, signed by whoever sells it: URI Signing (RFC 9246), a JWT (RFC 7519).
//
// Claims: `exp` and `cdniuc` are required; `nbf`, `aud` and `jti` are optional, as is ours for the
// highest bitrate, `stretto_kbps`. `jti` names the token, as in RFC 7519: a song takes dozens of
// requests with the same token, so that it is not refused when it comes again, as RFC 9246 would
// have it. What a server of ours cannot do is refused: `cdniip`, another `cdniv` than 1, an unknown
// claim in `cdnicrit`.
#include <cstdint>
#include <optional>
#include <string>

#include "sign/jws.hpp"
#include "sign/scope.hpp"

namespace stretto::sign {

constexpr std::int64_t leeway_s = 60;  ///< by which clocks may differ
constexpr std::size_t most_id_bytes = 64;

struct Token {
    std::int64_t expires = 0, not_before = 0;  ///< Unix seconds
    int kbps = 0;                              ///< highest bitrate; 0: no limit
    std::string id;                            ///< `jti`; empty: none
    std::vector<std::string> audience;         ///< empty: any server
    Scope scope;

    bool allows_kbps(int wanted) const noexcept { return kbps == 0 || wanted <= kbps; }
};

enum class Fault {
    malformed,    ///< not a token of this kind
    unknown_key,  ///< signed by somebody else
    forged,       ///< the signature is wrong
    early,
    expired,
    not_for_us  ///< for another audience
};
struct Refused {
    Fault fault;
    std::string why;
};

/// The claims, once the signature is known to be right.
Result<Token> parse_token(const Jws& jws);

/// Who signed it, and what it says; not yet whether it is in time.
std::variant<Token, Refused> open_token(std::string_view text, const KeySet& keys);

/// nullopt: it is in time, and for `audience`.
std::optional<Refused> untimely(const Token& token, std::int64_t now_s, std::string_view audience);

/// What to sign.
struct Claims {
    std::int64_t expires = 0;
    std::optional<std::int64_t> not_before;
    std::string container;  ///< `cdniuc`
    int kbps = 0;           ///< 0: no limit
    std::string id, audience;
};
std::string print_token(const Claims& claims, const PrivateKey& key, std::string_view key_id);

/// For whoever carries a token and has no key: what it says, unproved.
struct Glance {
    std::int64_t expires = 0;
    int kbps = 0;
    std::string id;
};
std::optional<Glance> glance(std::string_view token);

}  // namespace stretto::sign
