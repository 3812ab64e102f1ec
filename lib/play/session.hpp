#pragma once
// One song on its way to a listener's ears: which bytes to ask for next, and what is heard of them.
// Knows no socket, no sound and no clock, so that a player and a simulator run the same one.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "abr/policy.hpp"

namespace stretto::play {

class Session {
   public:
    struct Options {
        /// Of audio in hand, to sound for the first time: a page, of which stretto-chunk makes two
        /// a second, and the first holds a little less.
        double start_s = 0.45;
        /// The same on a link that brings audio no faster than it is heard: on recordings with
        /// means of 50 to 250 kbit/s it spares half of the songs a stall within their first
        /// seconds.
        double slow_start_s = 4;
        double resume_s = 2;          ///< and after a stall
        double most_s = 30;           ///< asked for ahead of the playhead
        double lead_s = 15;           ///< the same while less than `settled_s` were heard
        double settled_s = 30;        ///< many songs are skipped before
        int lowest = 0, highest = 0;  ///< renditions to use
        /// Without a byte a request is given up, and in an emergency (less than `emergency_s` in
        /// hand) sooner; where there is another edge, as soon as half of what is in hand has
        /// passed.
        double silence_s = 8, silence_emergency_s = 4, emergency_s = 3;
        std::uint32_t seed = 0;  ///< of how long to wait for peers, which differs by listener
    };

    /// What peers could give of the chunk that is next.
    struct Offer {
        /// By rendition, bytes/s of those who have it, together; 0, or past the end: nobody has.
        std::vector<double> bytes_per_s;
        bool soon = false;   ///< others listen too, and may have it before long
        bool asked = false;  ///< what they have is being asked, or cannot be used yet
    };

    /// Bytes [begin, stop) of a chunk to ask for.
    struct Want {
        int number = 0;
        int chunk = 0, rendition = 0;
        std::uint32_t begin = 0, stop = 0;
        bool peers = false;  ///< to be asked of peers: an edge is asked when they are late
    };
    /// What is heard from `from` to where the next part begins, or the chunk ends. A decoder that
    /// is given the rendition's headers and the bytes of the want yields samples from `decodes` on.
    struct Part {
        int want = 0;
        int chunk = 0, rendition = 0;
        std::int64_t decodes = 0, from = 0;  ///< samples of the song
    };
    struct Orders {
        std::optional<int> cancel;  ///< a want that nobody waits for now
        bool silent = false;        ///< because nothing came for too long: the source is at fault
        std::optional<Want> want;
        std::optional<Part> part;  ///< of that want
        const char* why = "";      ///< "start", "next", "splice", "abandon", "retry", "late"
    };
    /// The playhead.
    struct Heard {
        std::int64_t position = 0;  ///< samples of the song
        std::int64_t settled = 0;   ///< the same, up to which nothing can be changed any more
        double heard_s = 0;         ///< really heard, seeks aside
        bool playing = false, started = false;
        bool paused = false;  ///< by the listener
    };

    /// @param shape   outlives this; its pieces may come later, its chunks may not change
    /// @param policy  outlives this
    Session(const abr::Shape& shape, int rate, abr::Policy& policy, const Options& options);

    /// Chunk 0 was asked for before anything was known of the song; to be called first of all.
    /// @param first  when its first byte came; < 0: none has
    Part adopt(int rendition, double asked, double first);

    /// Whether another edge could be asked: else an impatient listener only loses what is under
    /// way.
    void elsewhere(bool there_is) { elsewhere_ = there_is; }

    /// The chunk is here already in this rendition, from an earlier time.
    void kept(int chunk, int rendition);
    /// It is not any more, or it was wrong.
    void unkept(int chunk, int rendition);
    bool is_kept(int chunk, int rendition) const {
        return kept_[static_cast<std::size_t>(rendition)][static_cast<std::size_t>(chunk)];
    }

    /// What to do now. Call it when a want ended or failed, and every `pause()` seconds.
    ///
    /// Peers may only help: the first chunk, what is wanted in an emergency, and the rest of a
    /// chunk that was begun are never asked of them, nor a lower rendition than the policy would
    /// ask of an edge. They are given up when the edge could bring the rest just in time. Where
    /// others listen to the same, an edge is asked a little before that is so: each listener waits
    /// for another chance until then, so that one fetches what the others take from it.
    Orders act(double now, const Heard& heard, const Offer& offer);
    Orders act(double now, const Heard& heard) { return act(now, heard, Offer{}); }
    double pause() const { return std::min(policy_.interval(), room_in_); }

    /// Bytes came. @param audio  samples of the song that can be heard with them, the end of what
    /// is whole; see audio_of() for a guess
    void came(int want, std::uint32_t bytes, std::int64_t audio, double now, bool network);
    /// All of a want is here.
    void ended(int want);
    /// No more of it will come; what came may still be heard.
    void failed(int want);

    /// The chunk that ended last was not what it should be: what can still be changed of it is
    /// asked for again.
    void redo(const Heard& heard);

    /// The rendition whose index is worth its bytes now; without one a chunk cannot be left in the
    /// middle for it.
    /// @param known  by rendition: indexes that are here or were asked for
    /// @param peers  there are some, who can be asked for nothing without it
    std::optional<int> index_wanted(const std::vector<bool>& known, const Heard& heard,
                                    bool peers = false) const;

    /// Go on from this sample of the song; what was under way is nobody's any more.
    void seek(std::int64_t sample);
    /// The rendition, or a part of it, is at no source: not to be asked for again.
    void missing(int rendition);
    bool is_missing(int rendition) const { return missing_[static_cast<std::size_t>(rendition)]; }

    /// s in hand with which to sound for the first time: start_s on a link that brings audio half
    /// as fast again as it is heard, slow_start_s on one that does not bring it as fast.
    double start_s() const;

    bool complete() const noexcept { return chunk_ == shape_.chunks(); }
    /// Samples of the song that are in hand, without a hole before them.
    std::int64_t have() const noexcept { return have_; }
    const std::optional<Want>& under_way() const noexcept { return want_; }
    /// The chunk that is under way, or the next to ask for.
    int chunk() const noexcept { return chunk_; }
    /// Bytes/s that edges brought lately; 0: not known.
    double edge_rate() const { return edge_took_ > 0 ? edge_bytes_ / edge_took_ : 0; }
    /// Where a want's audio ends, with so many bytes of it, by the index: for who has no decoder.
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
    bool peers_late(const abr::State& state) const;
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
    int chunk_ = 0;              // under way, or the next
    std::int64_t have_ = 0;      // samples in hand
    std::int64_t left_at_ = -1;  // the same, when a request was last left for another rendition
    int last_ = -1;              // rendition of the audio before have_
    int numbers_ = 0;
    std::optional<Want> want_;
    abr::UnderWay under_way_;
    bool failed_ = false;  // the last want did
    double last_byte_ = 0, sample_from_ = 0, first_byte_ = 0, adopted_ = -1;
    double rate_seen_ = 0;  // bytes a second of the request under way, or the last one
    std::uint32_t first_bytes_ = 0;
    std::uint32_t pending_ = 0;  // bytes since then
    bool sampled_ = false, network_ = false;
    double latency_ = -1;  // s, of the last answer
    int silences_ = 0;     // in a row
    bool elsewhere_ = false;
    double room_in_ = 1;                     // s, until the buffer has room for another chunk
    double edge_bytes_ = 0, edge_took_ = 0;  // s; of late
};

}  // namespace stretto::play
