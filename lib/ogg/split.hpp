#pragma once
// Cuts the packets of a stream into chunks, never re-encoding: chunk k covers samples [k*N,
// (k+1)*N).
#include <deque>

#include "ogg/chunk.hpp"

namespace stretto::ogg {

/// Chunks in a song: a tail shorter than half a chunk joins the chunk before it, because last
/// chunks of a few hundred samples break libvorbisfile and FFmpeg.
inline std::int64_t chunk_count(std::int64_t samples, std::int64_t chunk_samples) {
    return std::max<std::int64_t>(1, (2 * samples + chunk_samples) / (2 * chunk_samples));
}

/// Streaming: holds a chunk and a half of packets at most.
class Splitter {
   public:
    /// @param chunk_samples  N, > 0
    /// @param kbps           of the rendition; with the chunk's number it makes the serial
    Splitter(std::int64_t chunk_samples, int kbps) : chunk_samples_(chunk_samples), kbps_(kbps) {}

    void add(Packet packet);
    /// No more packets will come; the stream holds `samples`.
    void finish(std::int64_t samples) { samples_ = samples; }

    /// The next chunk, if it can be known already; nullopt: more packets are needed, or all chunks
    /// were given.
    Result<std::optional<Chunk>> next(const Headers& headers);
    bool done() const { return samples_ && index_ == chunk_count(*samples_, chunk_samples_); }
    std::int64_t index() const noexcept { return index_; }
    /// Samples up to which packets are held.
    std::int64_t reach() const noexcept { return packets_.empty() ? 0 : packets_.back().end; }

   private:
    std::int64_t chunk_samples_;
    int kbps_;
    std::deque<Packet> packets_;
    std::int64_t index_ = 0;
    std::optional<std::int64_t> samples_;
    ChunkReader reader_;
};

}  // namespace stretto::ogg
