#include "rtc/room.hpp"

#include <algorithm>
#include <tuple>

namespace stretto::rtc {

Room room_for(std::span<const Seat> seats, std::size_t most, bool stranger) {
    const auto half = most / 2;
    std::size_t strangers = 0, opening = 0;
    for (const auto& seat : seats)
        if (!seat.wanted) ++strangers, opening += !seat.open;
    if (stranger && opening >= std::max<std::size_t>(1, half)) return {};
    if (seats.size() < most) return {true, {}};
    const auto may_go = [&](const Seat& seat) {
        if (seat.wanted) return seat.open && seat.idle && !(stranger && strangers >= half);
        if (stranger) return seat.open && seat.idle;
        return !seat.open || seat.idle || strangers > half;
    };
    const auto last = [](const Seat& seat) {
        return std::tuple{seat.wanted, seat.open, !seat.idle, seat.used};
    };
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < seats.size(); ++i)
        if (may_go(seats[i]) && (!first || last(seats[i]) < last(seats[*first]))) first = i;
    return {first.has_value(), first};
}

}  // namespace stretto::rtc
