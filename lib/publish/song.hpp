#pragma once
// Builds a song from its chunks and checks each against the one before. stretto-chunk writes it,
// and stretto-publish computes it again.
#include <map>

#include "ogg/chunk.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::publish {

class SongBuilder {
   public:
    /// Add the next chunk of a rendition from untrusted bytes.
    Result<bool> add(int kbps, BytesView chunk);
    /// The same for a chunk with known facts.
    Result<bool> add(int kbps, BytesView chunk, const ogg::Facts& facts,
                     const vorbis::Identification& format);

    /// The index of the chunks so far.
    Bytes index(int kbps) const;

    /// The manifest of all chunks. Malformed if the renditions belong to different songs (with the
    /// difference), or if the chunks are not cut at `chunk_samples`.
    Result<song::Manifest> manifest(std::int64_t chunk_samples, song::Tags tags,
                                    std::optional<song::Loudness> loudness) const;

    /// Chunks added to a rendition so far.
    std::size_t chunks(int kbps) const;

   private:
    struct Track {
        ogg::ChunkReader reader;
        vorbis::Identification format;
        std::vector<song::ChunkRow> rows;
        song::Index index;
        std::int64_t header_bytes = 0, samples = 0, body_bytes = 0, overhang = 0;
        Bytes last[2];
    };
    std::map<int, Track> tracks_;
};

}  // namespace stretto::publish
