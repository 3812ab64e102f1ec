#pragma once
// What a file's header states of its length, where FFmpeg does not ask or does not go on: the delay
// and padding of an MP3, and lengths that a program could not know when it wrote into a pipe.
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::audio {

/// Bytes of a file from which both functions can tell.
constexpr std::size_t stated_head_bytes = 65536;

/// Samples that the encoder was given, by the Xing or Info frame with LAME's extension; nullopt
/// when there is none. @param first  from the first MPEG frame on
std::optional<std::int64_t> mp3_samples(BytesView first);

/// Length of the ID3v2 tag that begins here; 0: none does.
std::uint64_t id3v2_bytes(BytesView head);

/// Other bytes to be read in place of those in the file.
struct Patch {
    std::uint64_t offset = 0;
    Bytes bytes;
};

/// AIFF and Sony Wave64 from a pipe say 0, or the most that fits, where they do not know their
/// length, and FFmpeg refuses them: the length of the file in its place. Empty where the header
/// knows.
std::vector<Patch> open_length(BytesView head, std::uint64_t file_bytes);

/// Up to `n` bytes of a file at an offset; fewer at its end.
using ReadAt = std::function<Bytes(std::uint64_t offset, std::size_t n)>;

/// Samples of a WAV (RIFF, RF64, BW64) as its header states them.
struct Wave {
    std::uint64_t bytes = 0;
    bool open = false;  ///< written into a pipe: 0, or the most that fits
    bool cut = false;   ///< the file ends before
};
/// nullopt where it is no WAV, or no samples are found in its first 1,000 chunks.
std::optional<Wave> wave_samples(const ReadAt& read, std::uint64_t file_bytes);

/// Samples of an Ogg Vorbis file with all its audio in one page, which ends the file; nullopt for
/// any other.
std::optional<std::int64_t> ogg_page_samples(const ReadAt& read, std::uint64_t file_bytes);

/// The three numbers of an iTunSMPB comment: samples before the first, after the last, between.
struct ITunesGap {
    std::int64_t delay = 0, padding = 0, samples = 0;
};
std::optional<ITunesGap> parse_itunsmpb(std::string_view value);

}  // namespace stretto::audio
