#pragma once
// Sums up the lines of a session, in any order, to the values that a report needs.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "events/reader.hpp"
#include "report/clock.hpp"
#include "report/names.hpp"
#include "report/sketch.hpp"

namespace stretto::report {

enum class Source : std::uint8_t { cache, peer, edge_hit, edge_miss };
constexpr int sources = 4;

enum class Ending : std::uint8_t { none, finished, skipped, failed };

/// Chunks of one source, server and bitrate.
struct Got {
    Source source = Source::cache;
    Name server = 0;  ///< an edge; all peers count as one server
    std::int64_t kbps = 0, chunks = 0, bytes = 0, audio_ms = 0;
    /// The part of these that the player kept for playback.
    std::int64_t kept_bytes = 0, kept_ms = 0;
};

/// One chunk, for sums over time.
struct Piece {
    std::int64_t time_ms = 0;  ///< by the client's clock
    std::int64_t bytes = 0, kept_ms = 0;
    std::uint16_t got = 0;                  ///< index of its Got
    Sketch::Bucket first_byte = no_bucket;  ///< of edges, ms
    static constexpr Sketch::Bucket no_bucket = 0xffff;
};

/// One playback of one song by one listener.
struct Session {
    std::uint64_t listener = 0;  ///< see listener_key()
    Name song = 0, place = 0;
    Name address = no_name;  ///< from which its first line was posted
    std::string title, artist;
    Clock clock;
    std::int64_t sound_ms = -1;  ///< when the first sound was heard
    std::int64_t heard_ms = 0, startup_ms = -1;
    std::int64_t stalls = 0, resumes = 0, stalled_ms = 0, last_stall_ms = 0;
    std::int64_t switches = 0, uploaded = 0, end_seq = -1, start_seq = -1, address_seq = -1;
    std::int64_t length_ms = 0;  ///< of the song, as the last line says; 0: it does not
    bool token = false;          ///< a server saw an access token with one of its lines
    Ending ending = Ending::none;
    std::vector<Got> got;
    std::vector<Piece> pieces;  ///< at most 4,096
    std::vector<std::pair<Name, std::int64_t>> rejects;

    void add(const events::Event& event, Dictionary& names);
    /// The part of add() for chunks: everything but the clock.
    void add_chunk(const events::Event& event, Dictionary& names);
    void add_reject(std::string_view from, Dictionary& names);

    /// Time heard, ms, at most the time that passed on the client's and the server's clock.
    std::int64_t heard() const { return std::min(heard_ms, clock.elapsed_ms()); }
    /// Stalled time, ms, including a stall in which the session ended.
    std::int64_t stalled() const;
    std::int64_t kept_ms() const;
    /// Whether 30 s were heard, or a shorter song to its end. Its length is that of the chunks;
    /// without chunks, as of a scrobble, the one that the last line says. @param heard  ms
    bool is_play(std::int64_t heard) const;
    /// Bytes from peers and edges that were never heard.
    std::int64_t wasted() const;
};

constexpr std::int64_t play_ms = 30'000;

/// The bytes of an upload event: those uploaded since the previous upload event, at most 64 GiB.
std::int64_t uploaded_bytes(const events::Event& event);

/// The length of a song as an end event says it, ms: 0 if it does not, at most a day.
std::int64_t length_of(std::int64_t audio_ms);

/// The meaning of an end event's `why`.
Ending ending_of(std::string_view why);
/// The shortened form of an address, which stands for its network.
std::string network_of(std::string_view address);

/// The listener's id in reports: 64 bits of SHA-256 over the salt, a zero byte and the id.
std::uint64_t listener_key(std::string_view salt, std::string_view listener);

}  // namespace stretto::report
