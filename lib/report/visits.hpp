#pragma once
// One record per session, sorted by listener: the song and the times.
#include <cstdint>
#include <tuple>

#include "report/names.hpp"
#include "report/sorted.hpp"

namespace stretto::report {

struct Visit {
    enum Flag : std::uint8_t {
        short_song = 1,  ///< a play below 30 s, because the whole song was heard
        skipped = 2,
        finished = 4,
        failed = 8,
        sounded = 16,    ///< the player reported the first sound
        by_server = 32,  ///< its time comes from a server
        token = 64,
        followed =
            128  ///< it followed the previous song without a pause, so startup is not counted
    };
    std::uint64_t listener = 0;
    std::int64_t first_ms = 0, sound_ms = 0, last_ms = 0;
    /// 32 bits hold 49 days; longer sessions are limited to this.
    std::uint32_t heard_ms = 0, startup_ms = 0, stalled_ms = 0;
    std::uint32_t stalls = 0, switches = 0, kbps = 0;
    Name song = 0, place = 0, edge = no_name, address = no_name, tags = no_name;
    std::uint32_t flags = 0;

    bool has(Flag flag) const noexcept { return flags & flag; }
    auto key() const { return std::tie(listener, first_ms, song, heard_ms, flags, last_ms); }
};

/// Sorted by listener, time and song; 8 MB of memory.
using Visits = Sorted<Visit>;

}  // namespace stretto::report
