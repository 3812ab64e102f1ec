#pragma once
// Cuts the packets of a stream into chunks without encoding again. Chunk k covers samples [k*N,
// (k+1)*N).
#include <deque>

#include "ogg/chunk.hpp"

namespace stretto::ogg {

/// The number of chunks of a song. A tail shorter than half a chunk belongs to the chunk before it,
/// because libvorbisfile and FFmpeg fail on last chunks of a few hundred samples.
inline std::int64_t chunk_count(std::int64_t samples, std::int64_t chunk_samples) {
    return std::max<std::int64_t>(1, (2 * samples + chunk_samples) / (2 * chunk_samples));
}

/// Works on a stream: holds the packets of at most 1.5 chunks.
class Splitter {
   public:
    /// @param chunk_samples  N, > 0
    /// @param kbps           of the rendition; part of the serial number, with the chunk's number
    Splitter(std::int64_t chunk_samples, int kbps) : chunk_samples_(chunk_samples), kbps_(kbps) {}

    void add(Packet packet);
    /// The stream has ended after `samples` samples.
    void finish(std::int64_t samples) { samples_ = samples; }

    /// The next chunk; nullopt if more packets are needed, or if all chunks were
    /// returned.
    Result<std::optional<Chunk>> next(const Headers& headers);
    bool done() const { return samples_ && index_ == chunk_count(*samples_, chunk_samples_); }
    std::int64_t index() const noexcept { return index_; }
    /// The position up to which packets are held.
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
