#pragma once
// A crowd of listeners on a virtual clock. They arrive, and fetch or play songs of a Zipf catalogue
// from edges and from each other. gather::Picker and play::Session, the code of stretto-fetch and
// stretto-play, decide their requests. The state of stretto-track decides which peers they know.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/crowd_nat.hpp"
#include "song/ladder.hpp"

namespace stretto::sim {

/// How an evil peer responds to a request for a chunk. Each one announces all chunks.
enum class Evil : std::uint8_t {
    no,
    silent,   ///< accepts, and sends nothing
    slow,     ///< sends a byte a second
    wrong,    ///< sends wrong bytes
    half,     ///< sends half, then nothing
    missing,  ///< answers 404
    busy,     ///< answers 503
    late,     ///< sends one byte every 1.9 s
    claimed,  ///< tells of pieces of every chunk in Stretto-Parts, and answers 404
    forged    ///< tells of the same, and sends wrong bytes
};
/// @return nullopt if no kind has this name
std::optional<Evil> parse_evil(std::string_view name);

struct CrowdSettings {
    std::size_t listeners = 10000;
    std::size_t songs = 1000;  ///< in the catalogue
    /// Kreitz and Niemelae (IEEE P2P 2010) saw 88 % of Spotify's plays within the most popular 12 %
    /// of 8 million songs: an exponent of 1.02 gives 89 %.
    double zipf = 1.02;
    double arrivals_s = 3600;  ///< all arrive within this time, at random
    double rush = 0;           ///< share that arrives within the minute around half of this time
    double song_s = 210;       ///< mean
    /// kbit/s, ascending
    std::vector<int> ladder{std::begin(song::default_ladder), std::end(song::default_ladder)};
    int kbps = 320;                            ///< bitrate to fetch, or the highest to play
    double down_kbps = 10000, up_kbps = 5000;  ///< means; each has 0.5 to 1.5 times as much
    std::size_t edges = 6;
    double edge_kbps = 1e6;  ///< of each
    /// The first ones of the edges, which fail after half of arrivals_s: they close their
    /// connections and accept no new ones. If there are some, listeners know all edges.
    std::size_t failing_edges = 0;
    double evil = 0;  ///< share of listeners that announce all and send nothing right
    /// Additional evil peers for the most popular song; they arrive before all listeners.
    std::vector<Evil> attackers{};
    /// Additional peers that have the most popular song and share it; they arrive before all, and
    /// attackers 10 s after them.
    std::size_t seeders = 0;
    double unreachable = 0;  ///< share of listeners that nobody can connect to
    double no_upload = 0;    ///< share of listeners that give nothing, and announce nothing
    bool peers = true;
    bool peers_first = false;  ///< the tracker asks listeners to spare edges
    std::uint64_t seed = 1;

    bool play = false;       ///< play songs, instead of fetching one song and staying
    double songs_each = 12;  ///< mean number of songs in a session; then the listener leaves
    bool skips = true;       ///< some songs are left before their end
    double replays = 0.5;    ///< chance that a song of the same session is played again
    std::string abr = "stretto";

    bool messages = false;     ///< polls, announces and lists of peers have bytes
    bool edge_misses = false;  ///< edges are empty at first
    double loss = 0;           ///< share of packets that are lost, on every path

    /// Listeners are pages: they connect to each other over WebRTC, from behind NATs.
    std::optional<NatShares> nat{};
    double visits = 1;     ///< mean number of sessions of a listener, each of songs_each songs
    double away_s = 3600;  ///< mean time between two
    double cache_mb = 0;   ///< of a listener: then it drops the songs it began first; 0: no limit
};

/// The result of one song of one listener.
struct CrowdPlay {
    std::uint32_t listener = 0, song = 0;
    double began_s = 0, ended_s = 0;
    std::uint64_t bytes = 0;              ///< correct bytes received over the network
    std::uint32_t first_bytes = 0;        ///< of these, the chunk that must come from an edge
    std::array<std::uint64_t, 3> from{};  ///< correct bytes from cache, peers, edges
    std::uint64_t wasted = 0;
    int bans = 0;
    // if it was played
    double sound_s = -1;  ///< from the command to sound; negative: no sound
    double heard_s = 0, stalled_s = 0;
    int stalls = 0;
    double came_s = 0, kbps_s = 0;  ///< seconds of audio received, and their nominal kbit/s
};

/// A listener, and what it uploaded.
struct CrowdMember {
    double came_s = 0, left_s = 0;
    double down = 0, up = 0;  ///< bytes/s; up is 0 if it uploads nothing
    std::uint64_t given = 0;  ///< bytes uploaded
    bool evil = false;
};

struct CrowdRun {
    std::vector<CrowdPlay> plays;
    std::vector<CrowdMember> members;
    double ended_s = 0;
    std::uint64_t edge_bytes = 0;     ///< bytes of chunks sent by edges, including useless ones
    std::uint64_t message_bytes = 0;  ///< if CrowdSettings::messages
    std::uint64_t edge_misses = 0;    ///< requests that an edge had to pass on to the origin
    std::uint64_t links_tried = 0, links_open = 0;  ///< over WebRTC
};

/// Deterministic. Time and memory grow with the number of listeners and their songs.
CrowdRun run_crowd(const CrowdSettings& settings);

}  // namespace stretto::sim
