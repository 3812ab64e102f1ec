#pragma once
// A song's manifest: its parts, and the hash that proves each part. See stretto-manifest(5).
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "song/cover.hpp"
#include "song/path.hpp"
#include "song/tags.hpp"

namespace stretto::song {

/// Loudness by ITU-R BS.1770, in LUFS, dBTP and dB; nullopt if it could not be measured
/// (silence).
struct Loudness {
    std::optional<double> source_lufs, source_true_peak, gain_db, lufs, true_peak;
    std::string limited_by = "none";  ///< or "true_peak"
    bool operator==(const Loudness&) const = default;
};

struct ChunkRow {
    Digest sha256{};
    std::int64_t bytes = 0, samples = 0, trim = 0, body_bytes = 0, body_pages = 0;
    bool operator==(const ChunkRow&) const = default;
};

struct Rendition {
    int kbps = 0;  ///< the quality step, also the name
    int average_kbps = 0;
    std::int64_t header_bytes = 0;
    Digest index_sha256{};
    std::vector<ChunkRow> chunks;
    bool operator==(const Rendition&) const = default;
};

struct Manifest {
    std::string id;
    Tags tags;  ///< keys upper case
    int rate = 0, channels = 0;
    std::int64_t samples = 0, chunk_samples = 0;
    std::optional<Loudness> loudness;
    std::vector<Cover> covers;          ///< by ascending px; the id does not prove them
    std::vector<Rendition> renditions;  ///< by ascending kbps

    double seconds() const { return static_cast<double>(samples) / rate; }
    /// nullptr if there is no such rendition.
    const Rendition* rendition(int kbps) const;
    /// The highest rendition not above `kbps`, or else the lowest.
    const Rendition& best(int kbps) const;
    bool operator==(const Manifest&) const = default;
};

constexpr std::string_view manifest_format = "stretto-manifest/1";
constexpr std::size_t most_manifest_bytes = 16u << 20;
constexpr std::size_t most_chunk_bytes = 64u << 20;
constexpr std::size_t most_renditions = 16;
constexpr std::int64_t most_chunk_s = 60;

/// The id of this manifest's audio, computed without its `id`: 160 bits of SHA-256 over the text
/// in stretto-manifest(5).
std::string song_id(const Manifest& manifest);

/// JSON on one line. The same manifest gives the same bytes.
std::string print_manifest(const Manifest& manifest);
/// Checks sizes, ranges, the chunks of all renditions, sums and the id. Ignores unknown keys, so
/// that later versions can add keys.
Result<Manifest> parse_manifest(std::string_view json);

/// The value of a STRETTO_LOUDNESS comment: the manifest's "loudness" object.
std::string print_loudness(const Loudness& loudness);
Result<Loudness> parse_loudness(std::string_view json);

}  // namespace stretto::song
