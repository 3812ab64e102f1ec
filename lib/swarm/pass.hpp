#pragma once
// What a pass of the tracker says, for peers that verify its signature elsewhere: a page, whose
// browser does. Native peers read it by sign/pass. See stretto-protocol(7).
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace stretto::swarm {

constexpr std::size_t most_pass_bytes = 1024;  ///< of its header, and of its claims
constexpr std::int64_t pass_s = 600, pass_leeway_s = 60;

struct Pass {
    std::string song;  ///< id
    std::string rtc;   ///< id of who may show it over WebRTC; empty: nobody
    int kbps = 0;      ///< highest bitrate; 0: no limit
    std::int64_t expires = 0;
    bool operator==(const Pass&) const = default;
};

/// @param header, claims  JSON
Result<Pass> parse_pass(std::string_view header, std::string_view claims);

}  // namespace stretto::swarm
