#pragma once
// A song put together from its chunks, each checked against the one before: what chunk writes and
// publish recomputes.
#include <map>

#include "ogg/chunk.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::publish {

class SongBuilder {
   public:
    /// The next chunk of a rendition, from bytes that nobody vouches for.
    Result<bool> add(int kbps, BytesView chunk);
    /// The same for a chunk whose facts are known already.
    Result<bool> add(int kbps, BytesView chunk, const ogg::Facts& facts,
                     const vorbis::Identification& format);

    /// The index of the chunks added so far.
    Bytes index(int kbps) const;

    /// The manifest of all chunks added. Malformed when the renditions are not of one song, naming
    /// what differs, or when the chunks are not cut at `chunk_samples`.
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
