#pragma once
// The playback of one song: selects the next bytes to request, and the audible part of them.
// Uses no socket, sound or clock, so that a player and a simulator share it.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "abr/policy.hpp"

namespace stretto::play {

class Session {
   public:
    struct Options {
        /// Buffer level for the first sound: a page. stretto-chunk makes two pages per second; the
        /// first page is a little shorter.
        double start_s = 0.45;
        /// The same on a link that is no faster than playback. On traces with means of 50 to 250
        /// kbit/s it spares half of the songs a stall within their first
        /// seconds.
        double slow_start_s = 4;
        /// On a link that is too slow for the lowest bitrate, in addition: the part of this time
        /// that the link falls behind in it. Such links stall in any case, and a wait before the
        /// first sound costs a listener less than one after it.
        double too_slow_start_s = 10;
        double resume_s = 2;          ///< the same after a stall
        double most_s = 30;           ///< maximum buffer level
        double lead_s = 15;           ///< the same before `settled_s` were heard
        double settled_s = 30;        ///< many songs are skipped earlier
        int lowest = 0, highest = 0;  ///< renditions to use
        int first = 0;                ///< the same to begin with, on a network that nobody knows
        /// A request without a byte is cancelled after this time, and in an emergency (buffer level
        /// below `emergency_s`) sooner. If there is another edge, it is cancelled after half of
        /// the buffer level.
        double silence_s = 8, silence_emergency_s = 4, emergency_s = 3;
        std::uint32_t seed = 0;  ///< of the wait for peers, different for each listener
    };

    /// What peers offer of the next chunk.
    struct Offer {
        /// By rendition: total bytes/s of the peers that have it; 0, or past the end: no peer.
        std::vector<double> bytes_per_s;
        bool soon = false;   ///< other listeners may have it soon
        bool asked = false;  ///< their chunks are being polled, or cannot be used yet
        /// Bytes of the open want that no peer has sent yet; < 0: unknown.
        double missing = -1;
    };

    /// Bytes [begin, stop) of a chunk to request.
    struct Want {
        int number = 0;
        int chunk = 0, rendition = 0;
        std::uint32_t begin = 0, stop = 0;
        bool peers = false;  ///< request from peers, and from an edge if they are late
    };
    /// The audio from `from` to the start of the next part or the end of the chunk. With the
    /// rendition's headers and the bytes of the want, a decoder yields samples from `decodes` on.
    struct Part {
        int want = 0;
        int chunk = 0, rendition = 0;
        std::int64_t decodes = 0, from = 0;  ///< samples of the song
    };
    struct Orders {
        std::optional<int> cancel;  ///< a want that is not needed any more
        bool silent = false;        ///< no byte arrived for too long: the source is at fault
        std::optional<Want> want;
        std::optional<Part> part;  ///< of that want
        double help_s = -1;    ///< peers are late; they have this time left, s. < 0: they are not
        const char* why = "";  ///< "start", "next", "splice", "abandon", "retry", "late"
    };
    /// The playhead.
    struct Heard {
        std::int64_t position = 0;  ///< samples of the song
        std::int64_t settled = 0;   ///< the same; samples before it cannot change any more
        double heard_s = 0;         ///< actually played, without seeks
        bool playing = false, started = false;
        bool paused = false;  ///< by the listener
    };

    /// @param shape   outlives this; its pieces may come later, its chunks may not change
    /// @param policy  outlives this
    Session(const abr::Shape& shape, int rate, abr::Policy& policy, const Options& options);

    /// Chunk 0 was requested before the song was known; call this first.
    /// @param first  time of its first byte; < 0: none yet
    /// @param bytes  that have come until `now`
    Part adopt(int rendition, double asked, double first, std::uint32_t bytes, double now);

    /// Whether there is another edge. If not, an early cancellation only loses the open
    /// request.
    void elsewhere(bool there_is) { elsewhere_ = there_is; }

    /// The chunk is in the cache in this rendition.
    void kept(int chunk, int rendition);
    /// It is not in the cache any more, or it was wrong.
    void unkept(int chunk, int rendition);
    bool is_kept(int chunk, int rendition) const {
        return kept_[static_cast<std::size_t>(rendition)][static_cast<std::size_t>(chunk)];
    }

    /// The next steps. Call it when a want ended or failed, and every `pause()` seconds.
    ///
    /// Peers may only help. The first chunk, wants in an emergency, and the rest of an open chunk
    /// never come from peers; nor does a lower rendition than the policy would request from an
    /// edge. Peers are dropped when the edge can still send the rest in time. If others listen to
    /// the same song, the edge is asked a little earlier, at a random time that differs by
    /// listener. So one listener fetches the chunk, and the others get it from that listener.
    Orders act(double now, const Heard& heard, const Offer& offer);
    Orders act(double now, const Heard& heard) { return act(now, heard, Offer{}); }
    double pause() const { return std::min(policy_.interval(), room_in_); }
    /// s until the buffer has room for another chunk; 1 while it has, or nothing is played.
    double room_in() const noexcept { return room_in_; }

    /// Bytes arrived. @param audio  the sample of the song up to which audio is complete with them;
    /// see audio_of() for an estimate
    void came(int want, std::uint32_t bytes, std::int64_t audio, double now, bool network);
    /// A want is complete.
    void ended(int want);
    /// A want failed; its received bytes may still be played.
    void failed(int want);

    /// The last chunk was wrong: request again the part of it that can still
    /// change.
    void redo(const Heard& heard);

    /// Whether the rendition's headers are here.
    /// @param equal  those of its other chunks are the same but for the serial number
    void headers(int rendition, bool here, bool equal);
    /// Bytes at the start of a chunk that need not be requested from an edge: its headers, on a
    /// link on which they take a while. On others, a request for the whole chunk is simpler to
    /// cache, for everybody.
    std::uint32_t spared(int rendition) const;
    /// The first bytes of the open want, which begins with its chunk, are here.
    void spare(std::uint32_t bytes);

    /// The rendition whose index should be fetched now; without an index, the player cannot switch
    /// to this rendition within a chunk.
    /// @param known  by rendition: indexes that are here or were requested
    /// @param peers  whether there are peers, which can send nothing without an index
    std::optional<int> index_wanted(const std::vector<bool>& known, const Heard& heard,
                                    bool peers = false) const;

    /// Continue from this sample of the song; open wants are dropped.
    void seek(std::int64_t sample);
    /// No source has the rendition or a part of it: never request it again.
    void missing(int rendition);
    bool is_missing(int rendition) const { return missing_[static_cast<std::size_t>(rendition)]; }

    /// Buffer level for the first sound: start_s on a link 1.5 times as fast as playback,
    /// slow_start_s on a link slower than playback, more on one that is too slow for every bitrate.
    double start_s() const;

    bool complete() const noexcept { return chunk_ == shape_.chunks(); }
    /// End of the buffered audio, without a gap before it.
    std::int64_t have() const noexcept { return have_; }
    const std::optional<Want>& under_way() const noexcept { return want_; }
    /// The chunk of the open want, or the next to request.
    int chunk() const noexcept { return chunk_; }
    /// Recent bytes/s of edges; 0: unknown.
    double edge_rate() const { return edge_took_ > 0 ? edge_bytes_ / edge_took_ : 0; }
    /// The end of a want's audio after so many bytes, by the index: for callers without a decoder.
    std::int64_t audio_of(const Want& want, std::uint32_t bytes) const;
    std::int64_t begin_of(int chunk) const { return begins_[static_cast<std::size_t>(chunk)]; }

   private:
    abr::State state(double now, const Heard& heard);
    double most(const Heard& heard) const;
    double patience(double buffer) const;
    bool silent(double now, double buffer) const;
    void measure(std::uint32_t bytes, double now);
    void ask(int rendition, double now, Orders& orders, bool from_start);
    std::optional<int> from_peers(int rendition, const abr::State& state, const Offer& offer) const;
    bool wait_for_peers(int rendition, const abr::State& state, const Offer& offer) const;
    bool peers_late(const abr::State& state, const Offer& offer) const;
    double edge_needs(double bytes) const;
    void note_rate(double from, double to, std::uint32_t bytes);
    std::optional<int> kept_rendition(int rendition) const;
    bool kept_whole(int rendition) const;
    int there(int rendition) const;
    bool ask_kept(const abr::State& state, Orders& orders);

    const abr::Shape& shape_;
    int rate_;
    abr::Policy& policy_;
    Options options_;
    std::vector<std::int64_t> begins_;  // of chunks, and the song's end
    std::vector<std::vector<bool>> kept_;
    std::vector<bool> missing_;
    std::vector<bool> headers_, equal_;  // by rendition; see headers()
    std::vector<std::uint32_t> spared_;  // for the policy
    int chunk_ = 0;                      // of the open want, or the next
    std::int64_t have_ = 0;              // end of the buffered audio
    std::int64_t left_at_ = -1;          // the same at the last switch of an open request
    int last_ = -1;                      // rendition of the audio before have_
    int numbers_ = 0;
    std::optional<Want> want_;
    abr::UnderWay under_way_;
    bool failed_ = false;  // the last want failed
    int failed_at_ = -1;   // with this rendition, of an edge; < 0: none did, or of peers
    double last_byte_ = 0, sample_from_ = 0, first_byte_ = 0, adopted_ = -1;
    double rate_seen_ = 0;  // bytes/s of the open request, or of the last one
    std::uint32_t first_bytes_ = 0;
    std::uint32_t pending_ = 0;  // bytes since then
    bool sampled_ = false, network_ = false;
    double latency_ = -1;  // s, of the last response
    int silences_ = 0;     // in a row
    bool elsewhere_ = false;
    double room_in_ = 1;                     // s, until the buffer has room for another chunk
    double edge_bytes_ = 0, edge_took_ = 0;  // s; recent
};

}  // namespace stretto::play
