#pragma once
// Who heard what and when, a record a session, by listener.
#include <cstdint>
#include <tuple>

#include "report/names.hpp"
#include "report/sorted.hpp"

namespace stretto::report {

struct Visit {
    enum Flag : std::uint8_t {
        short_song = 1,  ///< a play though below 30 s, for all of the song was heard
        skipped = 2,
        finished = 4,
        failed = 8,
        sounded = 16,    ///< the player told of the first sound
        by_server = 32,  ///< its time is a server's word
        token = 64,
        followed = 128  ///< the song before ran into this one: nobody waited for it
    };
    std::uint64_t listener = 0;
    std::int64_t first_ms = 0, sound_ms = 0, last_ms = 0;
    /// No session is longer than 49 days.
    std::uint32_t heard_ms = 0, startup_ms = 0, stalled_ms = 0;
    std::uint32_t stalls = 0, switches = 0, kbps = 0;
    Name song = 0, place = 0, edge = no_name, address = no_name, tags = no_name;
    std::uint32_t flags = 0;

    bool has(Flag flag) const noexcept { return flags & flag; }
    auto key() const { return std::tie(listener, first_ms, song, heard_ms, flags, last_ms); }
};

/// By listener, time, song; in 8 MB.
using Visits = Sorted<Visit>;

}  // namespace stretto::report
