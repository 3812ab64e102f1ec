#pragma once
// What lists say of a song: its manifest without the rows of its chunks. See stretto-store(5).
#include <string>
#include <string_view>
#include <vector>

#include "song/manifest.hpp"

namespace stretto::store {

struct Summary {
    struct CoverRow {
        int px = 0;
        std::string sha256;  ///< in hexadecimal
        bool operator==(const CoverRow&) const = default;
    };
    std::string id;
    std::string tags_key;            ///< of a manifest under other tags; empty: the song's own
    std::vector<std::string> names;  ///< that mean the song with these tags, sorted
    song::Tags tags;
    double seconds = 0;
    std::int64_t bytes = 0;  ///< of all chunks
    std::vector<int> bitrates;
    std::optional<double> lufs;
    std::vector<CoverRow> covers;
    bool operator==(const Summary&) const = default;
};

Summary summary_of(const song::Manifest& manifest, std::string tags_key,
                   std::vector<std::string> names);

/// The catalogue of a store that is no directory: a line of JSON each, in parts by the first two
/// characters of the ids, so that a change rewrites a thousandth of it.
constexpr std::string_view catalogue_folder = "catalogue/";
constexpr std::size_t most_catalogue_part_bytes = 256u << 20;
/// "catalogue/7g"
std::string catalogue_path(std::string_view id);
std::string print_summaries(const std::vector<Summary>& summaries);
/// Keys that are not known are passed over, so that later versions can add some.
Result<std::vector<Summary>> parse_summaries(std::string_view lines);

}  // namespace stretto::store
