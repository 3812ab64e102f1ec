#pragma once
// Who heard what and when, a record a session, by listener.
#include <cstdint>
#include <tuple>

#include "report/names.hpp"
#include "report/sorted.hpp"

namespace stretto::report {

struct Heard {
    std::uint64_t listener = 0;
    std::int64_t first_ms = 0;
    std::uint32_t heard_ms = 0;  ///< no session is longer than 49 days
    Name song = 0;
    std::uint8_t short_song = 0;  ///< a play though below 30 s, for all of the song was heard
    std::uint8_t skipped = 0;

    auto key() const { return std::tie(listener, first_ms, song, heard_ms, short_song, skipped); }
};

/// By listener, time, song; in 16 MB.
using Plays = Sorted<Heard>;

}  // namespace stretto::report
