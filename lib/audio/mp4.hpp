#pragma once
// Boxes of an MP4 or QuickTime file (ISO/IEC 14496-12) whose content FFmpeg does not
// report.
#include <string_view>

#include "audio/stated.hpp"

namespace stretto::audio {

struct Box {
    char name[4] = {};
    std::uint64_t begin = 0, end = 0;  ///< of its content
    bool is(std::string_view other) const { return std::string_view{name, 4} == other; }
};

/// The boxes from `begin` to `end`, as long as they are whole; 10,000 at most.
std::vector<Box> boxes(const ReadAt& read, std::uint64_t begin, std::uint64_t end);
/// The first box on a path such as "moov/udta/meta"; nullopt if there is none.
std::optional<Box> find_box(const ReadAt& read, std::uint64_t begin, std::uint64_t end,
                            std::string_view path);

/// Ticks of a track between its delay and its padding. An edit list counts in ticks of the film,
/// often milliseconds. If it ends within one such tick of the track's end, it means the track's
/// end.
struct TrackLength {
    std::int64_t ticks = 0;
    std::uint32_t per_second = 0;
};
/// nullopt if there is no such track, or if its edit list does more than cut a head and a tail.
std::optional<TrackLength> mp4_track(const ReadAt& read, std::uint64_t file_bytes,
                                     std::uint32_t track_id);

}  // namespace stretto::audio
