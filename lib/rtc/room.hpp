#pragma once
// Which link makes room for one more: the same in a page and in stretto-rtc.
#include <cstddef>
#include <optional>
#include <span>

namespace stretto::rtc {

struct Seat {
    bool wanted = false;  ///< we asked this peer for something; else it is a stranger's
    bool open = false;
    bool idle = false;  ///< no request is open in either direction
    double used = 0;    ///< when it was last used, in any unit
};
struct Room {
    bool there = false;                 ///< one more link may be made
    std::optional<std::size_t> leaves;  ///< after this one is closed
};

/// Anybody may offer, as often as they like and under any name. So half of the links are ours as
/// soon as we want them: strangers use them until then, and lose them even in the middle of a
/// response. What strangers offer and do not open takes half of the links at most.
///
/// Otherwise an idle link makes room, a stranger's before others, and that which is idle for
/// longest.
/// @param most      links, one at least
/// @param stranger  the new link is offered by a peer that we asked for nothing
Room room_for(std::span<const Seat> seats, std::size_t most, bool stranger);

}  // namespace stretto::rtc
