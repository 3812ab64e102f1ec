#pragma once
// From the bytes of chunks to sound: songs without a gap, whatever rendition each part of them is
// of. Knows no network and no clock; tick() drives it.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "audio/convert.hpp"
#include "audio/sink.hpp"
#include "stream/part_bytes.hpp"

namespace stretto::stream {

/// Songs are played in the order in which they were added. The bytes of a song come in parts, in
/// any order and in any number at a time; where parts overlap, the one that began last is heard, as
/// soon as its bytes are there: so a splice is just a part more. Parts behind are kept for seeking,
/// up to a limit. Samples are decoded when the output has room for them, a page at a time.
///
/// Positions are samples of the song, at its own rate.
class Playout {
   public:
    using SongId = std::uint32_t;
    using PartId = std::uint32_t;

    struct Options {
        double start_seconds = 0.5;         ///< in hand to begin, and to go on after a seek
        double resume_seconds = 2;          ///< in hand to go on after a stall
        std::size_t most_bytes = 48 << 20;  ///< beyond it parts that were heard are dropped
    };
    enum class State {
        idle,      ///< no song, or all were heard
        starting,  ///< waits for the first bytes of a song, or those after a seek
        playing,
        stalled  ///< was playing, and has nothing left
    };
    struct Event {
        enum class What {
            begun,     ///< a song: its first sample is heard now
            stalled,   ///< nothing is heard from now on
            resumed,   ///< after a stall; a seek or skip ends one without it
            finished,  ///< a song: heard to its end
            idle,      ///< the last song that there is was heard
            bad        ///< a part: its bytes are no sound; it was dropped
        } what;
        SongId song = 0;
        PartId part = 0;
        std::string why{};
    };
    struct Position {
        SongId song = 0;  ///< 0: none
        std::int64_t sample = 0;
    };

    /// @param open  the output, in the format of the first song; others are converted to it
    using Open = std::function<std::unique_ptr<audio::Sink>(const audio::Format&)>;
    explicit Playout(Open open) : Playout(std::move(open), Options{}) {}
    Playout(Open open, Options options);

    /// A song more, behind those there are. Opens the output if it is the first.
    /// @param start  sample to begin with
    SongId add_song(const audio::Format& format, std::int64_t samples, std::int64_t start = 0);
    /// Bytes of a chunk will come.
    /// @param chunk_at  sample of the song with which the chunk begins
    /// @param part      what of the chunk they give, from < to
    /// @param headers   empty: they begin with the chunk; else with a piece, and these are the
    ///                  header pages of a chunk of the rendition
    PartId begin_part(SongId song, std::int64_t chunk_at, const audio::Part& part,
                      BytesView headers = {});
    /// The next bytes. Malformed: a page is wrong; what is whole before it is heard, unless
    /// drop_part() is called. Bytes of a part that is gone are passed over.
    Result<bool> feed(PartId part, BytesView bytes);
    /// Malformed: no more bytes come, and they were too few.
    Result<bool> end_part(PartId part) const;
    /// Its bytes are not to be heard.
    void drop_part(PartId part);
    /// Sample of the song up to which the part can be heard.
    std::int64_t reach(PartId part) const;

    /// Give the output what it has room for. To be called every 20 ms, and may be when bytes came.
    /// What happened since the last call, in order.
    std::vector<Event> tick();

    State state() const noexcept { return state_; }
    /// What is heard now.
    Position position() const;
    /// Samples of a song that were heard, those heard twice twice.
    std::int64_t heard(SongId song) const;
    /// Seconds of sound in hand, without a gap from what is heard now on.
    double ahead() const;
    /// The first sample, from what is heard on, that is not there: what to ask for next. The song's
    /// length when all is there. For a song not yet begun: from its start on.
    std::int64_t missing(SongId song) const;

    /// Go on elsewhere in the song that is heard.
    void seek(std::int64_t sample);
    /// Leave the song that is heard; whether there is a next one.
    bool skip();
    /// Forget all songs; what was not heard is not heard.
    void clear();
    void pause(bool paused);
    bool paused() const noexcept { return paused_; }
    void set_volume(double volume);
    /// Whether the device is gone (Sink::lost).
    bool device_lost() const noexcept { return sink_ && sink_->lost(); }
    /// The output is complete; to be called at the end.
    void close();

   private:
    struct Piece {
        PartId id;
        std::int64_t chunk_at;
        PartBytes bytes;
        std::int64_t begin() const { return chunk_at + bytes.part().from; }
        std::int64_t reach() const { return chunk_at + bytes.reach(); }
    };
    struct Song {
        SongId id;
        audio::Format format;
        std::int64_t samples, start;
        std::vector<std::unique_ptr<Piece>> pieces;  // by rising id
        std::int64_t heard = 0;
    };
    /// What comes out of the decoder next.
    struct Cursor {
        SongId song = 0;
        std::int64_t at = 0;
        PartId part = 0;  // that the decoder is in; 0: none
        std::size_t page = 0, offset = 0;
        bool flushed = false;  // the song's end came out
    };
    /// Frame `frame` of the output is sample `sample` of a song, and so on from there.
    struct Mark {
        std::int64_t frame;
        SongId song;
        std::int64_t sample;
        bool begins;  // the song
    };

    Song* find(SongId song);
    const Song* find(SongId song) const;
    const Song* after(SongId song) const;
    Song* owner(PartId part, Piece** piece);
    const Piece* piece_at(const Song& song, std::int64_t at) const;
    std::int64_t until(const Song& song, const Piece& piece, std::int64_t at) const;
    std::int64_t contiguous(const Song& song, std::int64_t at) const;
    std::int64_t frames_at(const Mark& mark, std::int64_t frame) const;
    double seconds_from_cursor() const;
    std::size_t block_frames() const;

    bool refill(std::vector<Event>& events);
    bool next_page(Song& song, std::vector<Event>& events);
    Result<bool> enter(const Piece& piece);
    void go(SongId song, std::int64_t at);
    bool fill(std::vector<Event>& events);
    bool enough() const;
    void run_dry(std::vector<Event>& events);
    void account(std::vector<Event>& events);
    void drop_unheard();
    void forget_before(SongId song);
    void bound_bytes();

    Open open_;
    Options options_;
    std::unique_ptr<audio::Sink> sink_;
    std::deque<Song> songs_;  // the first is heard, or will be
    std::uint32_t last_id_ = 0;
    State state_ = State::idle;
    bool paused_ = false;
    double volume_ = 1;
    Cursor cursor_;
    std::optional<audio::StreamDecoder> decoder_;
    std::optional<audio::Converter> converter_;
    std::vector<float> decoded_;
    std::vector<float> block_;     // converted, to be written
    std::size_t block_given_ = 0;  // samples of it that are
    SongId block_song_ = 0;
    std::int64_t block_sample_ = 0;  // of its song, with which it begins
    bool jumped_ = true;             // what is written next does not follow what was written last
    std::deque<Mark> marks_;         // the first is heard
    std::int64_t accounted_ = 0;     // frames heard that are counted
};

}  // namespace stretto::stream
