#pragma once
// What a listener shows to peers in place of its token: signed by the tracker, for one song and one
// address or WebRTC id, for some minutes. A peer that keeps it has nothing that is of use to it.
#include <cstdint>
#include <optional>
#include <string>

#include "sign/jws.hpp"
#include "sign/token.hpp"

namespace stretto::sign {

constexpr std::int64_t pass_s = 600;

struct Pass {
    std::string song;     ///< id
    std::string address;  ///< of who may show it: "198.51.100.7", "2001:db8::7"
    int kbps = 0;         ///< highest bitrate; 0: no limit
    std::int64_t expires = 0;
    std::string rtc = {};  ///< id of who may show it over WebRTC; empty: nobody

    bool operator==(const Pass&) const = default;
    bool allows_kbps(int wanted) const noexcept { return kbps == 0 || wanted <= kbps; }
};

std::string print_pass(const Pass& pass, const PrivateKey& key, std::string_view key_id);

/// The pass, if its signature is right; not yet whether it is in time.
std::variant<Pass, Refused> open_pass(const Jws& jws, const PublicKey& key);

/// Who shows a pass.
struct Shower {
    std::string_view address;  ///< of its connection
    std::string_view rtc =
        {};  ///< its id, which its certificate has proved; then no address counts
};
/// nullopt: it is in time, and of this client.
std::optional<Refused> unusable(const Pass& pass, const Shower& client, std::int64_t now_s);

}  // namespace stretto::sign
