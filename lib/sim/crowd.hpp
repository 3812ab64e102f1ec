#pragma once
// A crowd of listeners on a virtual clock: they come, fetch or play songs of a Zipf catalogue from
// edges and from each other. What they ask of whom is decided by the very gather::Picker and
// play::Session of stretto-fetch and stretto-play, whom they hear of by the very state of
// stretto-track.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::sim {

/// What an evil peer does with who asks it for a chunk; each says that it has all.
enum class Evil : std::uint8_t {
    no,
    silent,   ///< accepts, and sends nothing
    slow,     ///< sends a byte a second
    wrong,    ///< sends wrong bytes
    half,     ///< sends half, then nothing
    missing,  ///< answers 404
    busy,     ///< answers 503
    late      ///< sends its first byte after 1.9 s, and so each after it
};
/// By name; nullopt: there is none of that name.
std::optional<Evil> parse_evil(std::string_view name);

struct CrowdSettings {
    std::size_t listeners = 10000;
    std::size_t songs = 1000;  ///< in the catalogue
    /// Kreitz and Niemelae (IEEE P2P 2010) saw 88 % of Spotify's plays within the most popular 12 %
    /// of 8 million songs: an exponent of 1.02 gives 89 %.
    double zipf = 1.02;
    double arrivals_s = 3600;                  ///< within which all come, at random
    double song_s = 210;                       ///< mean
    int kbps = 320;                            ///< of what is fetched; the most that is played
    double down_kbps = 10000, up_kbps = 5000;  ///< means; of each from half to half again as much
    std::size_t edges = 6;
    double edge_kbps = 1e6;  ///< of each
    double evil = 0;         ///< share of listeners that say they have all and give nothing right
    /// Evil peers beside the listeners, there before all of them, for the most popular song.
    std::vector<Evil> attackers{};
    double unreachable = 0;  ///< share of listeners that nobody can connect to
    double no_upload = 0;    ///< share of listeners that give nothing, and announce nothing
    bool peers = true;
    std::uint64_t seed = 1;

    bool play = false;       ///< rather than to fetch one song and stay
    double songs_each = 12;  ///< mean of a session, after which a listener goes
    bool skips = true;       ///< some songs are left before their end
    double replays = 0.5;    ///< chance that a song of the same session is played again
    std::string abr = "stretto";
};

/// One song of one listener, when it is over.
struct CrowdPlay {
    std::uint32_t listener = 0, song = 0;
    double began_s = 0, ended_s = 0;
    std::uint64_t bytes = 0;              ///< right ones that came over the network
    std::uint32_t first_bytes = 0;        ///< of these, the chunk that an edge has to bring
    std::array<std::uint64_t, 3> from{};  ///< cache, peers, edges: right bytes
    std::uint64_t wasted = 0;
    int bans = 0;
    // where it was played
    double sound_s = -1;  ///< from the command to sound; below 0: never
    double heard_s = 0, stalled_s = 0;
    int stalls = 0;
    double came_s = 0, kbps_s = 0;  ///< seconds of audio that came, and their nominal kbit/s
};

/// Who listened, and what it gave.
struct CrowdMember {
    double came_s = 0, left_s = 0;
    double down = 0, up = 0;  ///< bytes/s; up is 0 if nothing can be had of it
    std::uint64_t given = 0;  ///< bytes that left it
    bool evil = false;
};

struct CrowdRun {
    std::vector<CrowdPlay> plays;
    std::vector<CrowdMember> members;
    double ended_s = 0;
    std::uint64_t edge_bytes = 0;  ///< of chunks that left edges, useless ones included
};

/// Deterministic; time and memory grow with listeners and their songs.
CrowdRun run_crowd(const CrowdSettings& settings);

}  // namespace stretto::sim
