#pragma once
// The bitrates of a song, unless its publisher selects others.
namespace stretto::song {

/// kbit/s, ascending. 45 is for links of 60 to 100 kbit/s; tests/bench/README.md compares the
/// player with and without it.
inline constexpr int default_ladder[] = {45, 96, 160, 320};

}  // namespace stretto::song
