#pragma once
// Selects the next bitrate: state in, decision out. Pure: equal calls give equal decisions, on a
// real clock or a virtual one.
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace stretto::abr {

/// Facts about a song that are known before its audio arrives: from its manifest and indexes.
struct Shape {
    struct Piece {
        std::uint32_t offset = 0;  ///< of its first byte in the chunk
        double at = 0;             ///< s from the chunk's start, where its audio begins
    };
    /// The pieces of a chunk. Copies share them until one is changed: of a song that 100,000
    /// simulated listeners play, each piece is in memory once.
    class Pieces {
       public:
        Pieces() = default;
        Pieces(std::vector<Piece> all) {
            if (!all.empty()) all_ = std::make_shared<std::vector<Piece>>(std::move(all));
        }
        Pieces(std::initializer_list<Piece> all) : Pieces(std::vector<Piece>(all)) {}

        bool empty() const noexcept { return !all_; }
        std::size_t size() const noexcept { return all_ ? all_->size() : 0; }
        const Piece* begin() const noexcept { return all_ ? all_->data() : nullptr; }
        const Piece* end() const noexcept { return begin() + size(); }
        const Piece& operator[](std::size_t i) const { return (*all_)[i]; }
        const Piece& back() const { return all_->back(); }

        void clear() noexcept { all_.reset(); }
        void push_back(const Piece& piece) {
            if (!all_ || all_.use_count() > 1)
                all_ = std::make_shared<std::vector<Piece>>(begin(), end());
            all_->push_back(piece);
        }

       private:
        std::shared_ptr<std::vector<Piece>> all_;  // null, or not empty
    };
    struct Chunk {
        std::uint32_t bytes = 0;
        Pieces pieces;  ///< ascending, the first {0, 0}; empty without an index
    };
    struct Rendition {
        int kbps = 0;
        std::uint32_t header_bytes = 0;  ///< fetched once, to decode from the middle of a chunk
        std::vector<Chunk> chunks;
    };
    std::vector<Rendition> renditions;  ///< by ascending kbps
    std::vector<double> chunk_s;        ///< length of each chunk

    int chunks() const { return static_cast<int>(chunk_s.size()); }
};

/// The open request: bytes [begin, stop) of State::chunk in one rendition.
struct UnderWay {
    int rendition = 0;
    std::uint32_t begin = 0, stop = 0;
    std::uint32_t got = 0;  ///< bytes received, from `begin`
    double audio_s = 0;     ///< playable part of the chunk so far, from its start
    double asked = 0;       ///< time of the request, in s of the clock
};

struct State {
    const Shape* shape = nullptr;
    double now = 0;           ///< s, any zero
    double buffer = 0;        ///< buffer level in s, with the received part of the open request
    double most = 30;         ///< s of buffer level above which no chunk is requested
    bool playing = false;     ///< sound is heard (not starting, not stalled)
    bool started = false;     ///< sound was heard before
    double stall_resume = 2;  ///< s of buffer level that end a stall
    int chunk = 0;            ///< of the open request, or the next to request
    int last = -1;            ///< rendition of the audio before it; -1: none
    const UnderWay* under_way = nullptr;  ///< nullptr: no request is open
    int lowest = 0, highest = 0;          ///< renditions that may be used (data saver, limits)
    int first = 0;  ///< rendition to begin with while nothing is known of the network
    /// By rendition: its headers are here, so the middle of a chunk decodes; nullptr: none are.
    const std::vector<bool>* headers = nullptr;
    /// By rendition: bytes of a whole chunk that are not requested, because they are here; nullptr:
    /// none.
    const std::vector<std::uint32_t>* spared = nullptr;
};

struct Decision {
    enum class Do {
        wait,    ///< request nothing now
        go_on,   ///< continue the open request
        take,    ///< request the chunk, in `rendition`
        splice,  ///< cancel; request the rest of the chunk in `rendition`, from the joining piece
        abandon  ///< cancel and drop; request the whole chunk in `rendition`
    };
    Do what = Do::wait;
    int rendition = 0;
};

/// A run of bytes from the network (never from a cache), to measure throughput.
struct Sample {
    double from = 0, to = 0;  ///< s of the clock, without the wait for the first byte
    std::uint32_t bytes = 0;
};

class Policy {
   public:
    virtual ~Policy() = default;
    /// Bytes arrived; called at least every half second while bytes arrive.
    virtual void sample(const Sample& sample) = 0;
    /// The time from a request to its first byte, in seconds.
    virtual void latency(double seconds) = 0;
    /// Called when a request ended, and every `interval()` seconds.
    virtual Decision decide(const State& state) = 0;
    virtual double interval() const { return 0.5; }
};

/// @param name  stretto, bola, mpc, throughput, dynamic, seed, or a number of kbit/s
/// @return nullptr if there is no such policy
std::unique_ptr<Policy> make_policy(const std::string& name);
/// For help texts and checks; without the numbers.
std::span<const char* const> policy_names();

}  // namespace stretto::abr
