#pragma once
// The length of a file by its header, in cases that FFmpeg ignores or refuses: the delay and
// padding of an MP3, and lengths that were unknown when a program wrote into a pipe.
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::audio {

/// Bytes of a file that both functions need.
constexpr std::size_t stated_head_bytes = 65536;

/// Number of samples of the encoder's input, by the Xing or Info frame with LAME's extension;
/// nullopt if there is none. @param first  from the first MPEG frame on
std::optional<std::int64_t> mp3_samples(BytesView first);

/// Length of the ID3v2 tag that begins here; 0: no tag.
std::uint64_t id3v2_bytes(BytesView head);

/// Bytes that replace bytes of the file.
struct Patch {
    std::uint64_t offset = 0;
    Bytes bytes;
};

/// AIFF and Sony Wave64 from a pipe have 0 or the maximum as their length, and FFmpeg refuses them.
/// This replaces it with the length of the file. Empty if the header has the
/// length.
std::vector<Patch> open_length(BytesView head, std::uint64_t file_bytes);

/// Up to `n` bytes of a file at an offset; fewer at its end.
using ReadAt = std::function<Bytes(std::uint64_t offset, std::size_t n)>;

/// Number of samples of a WAV (RIFF, RF64, BW64) by its header.
struct Wave {
    std::uint64_t bytes = 0;
    bool open = false;  ///< written into a pipe: 0, or the maximum
    bool cut = false;   ///< the file ends before
};
/// nullopt if it is not a WAV, or has no samples in its first 1,000 chunks.
std::optional<Wave> wave_samples(const ReadAt& read, std::uint64_t file_bytes);

/// Number of samples of an Ogg Vorbis file with all audio in one page, its last; nullopt for any
/// other file.
std::optional<std::int64_t> ogg_page_samples(const ReadAt& read, std::uint64_t file_bytes);

/// The three numbers of an iTunSMPB comment: samples before the first, after the last, between.
struct ITunesGap {
    std::int64_t delay = 0, padding = 0, samples = 0;
};
std::optional<ITunesGap> parse_itunsmpb(std::string_view value);

}  // namespace stretto::audio
