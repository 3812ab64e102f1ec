#pragma once
// What bitrate to take next: state in, decision out. Pure: the same calls give the same decisions,
// on a real clock or a virtual one.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace stretto::abr {

/// What can be known of a song before its audio comes: from its manifest, and its indexes.
struct Shape {
    struct Piece {
        std::uint32_t offset = 0;  ///< of its first byte in the chunk
        double at = 0;             ///< s from the chunk's start that decode from there on
    };
    struct Chunk {
        std::uint32_t bytes = 0;
        std::vector<Piece> pieces;  ///< rising, the first {0, 0}; empty while no index is known
    };
    struct Rendition {
        int kbps = 0;
        std::uint32_t header_bytes = 0;  ///< to fetch once, to decode it from mid-chunk
        std::vector<Chunk> chunks;
    };
    std::vector<Rendition> renditions;  ///< by rising kbps
    std::vector<double> chunk_s;        ///< length of each chunk

    int chunks() const { return static_cast<int>(chunk_s.size()); }
};

/// The request under way: bytes [begin, stop) of State::chunk in one rendition.
struct UnderWay {
    int rendition = 0;
    std::uint32_t begin = 0, stop = 0;
    std::uint32_t got = 0;  ///< bytes that came, from `begin`
    double audio_s = 0;  ///< of the chunk that can be heard with what came so far, from its start
    double asked = 0;    ///< when, in s of the clock
};

struct State {
    const Shape* shape = nullptr;
    double now = 0;  ///< s, any zero
    double buffer =
        0;  ///< s of audio ahead of the playhead, what came of the chunk under way included
    double most = 30;                     ///< s of buffer above which no chunk is asked for
    bool playing = false;                 ///< sound is heard (not starting, not stalled)
    bool started = false;                 ///< it has been
    double stall_resume = 2;              ///< s in hand that end a stall
    int chunk = 0;                        ///< under way, or the next to ask for
    int last = -1;                        ///< rendition of the audio before it; -1: none
    const UnderWay* under_way = nullptr;  ///< nullptr: nothing is
    int lowest = 0, highest = 0;          ///< renditions that may be used (data saver, limits)
};

struct Decision {
    enum class Do {
        wait,    ///< nothing is under way, and nothing is asked for now
        go_on,   ///< with what is under way
        take,    ///< ask for the chunk, in `rendition`
        splice,  ///< break off; the rest of the chunk in `rendition`, from the piece that joins
        abandon  ///< break off and drop; the whole chunk in `rendition`
    };
    Do what = Do::wait;
    int rendition = 0;
};

/// A run of bytes that came over the network (never from a cache), for the throughput.
struct Sample {
    double from = 0, to = 0;  ///< s of the clock; the waiting for the first byte is not in it
    std::uint32_t bytes = 0;
};

class Policy {
   public:
    virtual ~Policy() = default;
    /// Bytes came; called at least every half second while some do.
    virtual void sample(const Sample& sample) = 0;
    /// The first byte came so many seconds after it was asked for.
    virtual void latency(double seconds) = 0;
    /// Called when a request ended, and every `interval()` seconds.
    virtual Decision decide(const State& state) = 0;
    virtual double interval() const { return 0.5; }
};

/// @param name  stretto, bola, mpc, throughput, dynamic, seed, or a number of kbit/s
/// @return nullptr when there is no such
std::unique_ptr<Policy> make_policy(const std::string& name);
/// For help texts and checks; numbers aside.
std::span<const char* const> policy_names();

}  // namespace stretto::abr
