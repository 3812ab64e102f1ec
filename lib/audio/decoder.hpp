#pragma once
// Any audio file as float samples: FFmpeg decodes, soxr resamples, more than two channels become
// stereo.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::audio {

/// Reads only one open file: FFmpeg gets bytes, never a name. Demuxers that would open other files
/// or addresses (concat, hls, dash, image lists, ...) are refused, so that an upload cannot read
/// the server's disk.
class Decoder {
   public:
    /// Samples without any header.
    struct Raw {
        std::string format;  ///< FFmpeg's name, "s16le"
        int rate = 0, channels = 0;
    };
    struct Options {
        int rate = 44100;         ///< Hz of what next() gives
        bool keep_going = false;  ///< damage is noted, and passed over
        int track = 0;            ///< which audio track, from 1; 0: the default one
        std::optional<Raw> raw;
    };

    /// @param fd       a regular file, which stays open as long as this lives
    /// @param subject  names it in errors
    /// Throws an Error (65) if the file contains no audio.
    Decoder(int fd, std::string subject, const Options& options);
    ~Decoder();

    /// The next interleaved samples, in any number; false at the end. Throws an Error (65) for
    /// damage, for an end before the declared length and for samples that are not numbers, unless
    /// it should keep going.
    bool next(std::vector<float>& samples);

    int channels() const noexcept;  ///< 1 or 2
    int source_rate() const noexcept;
    int source_channels() const noexcept;
    const std::string& format() const noexcept;  ///< "flac", "mov,mp4,..."
    /// Duration in seconds, from the header or estimated from the size; 0: unknown.
    double expected_seconds() const noexcept;
    /// "KEY=value" with the names of Vorbis comments, sorted; without pictures and technical
    /// container tags.
    std::vector<std::string> tags() const;
    /// The cover picture in the file, in its own format: the front cover, or else the first;
    /// empty if there is none.
    Bytes cover() const;
    /// The skipped damage, in order; at most 100 lines.
    const std::vector<std::string>& damage() const noexcept;
    /// Notes about the file that are not damage, such as bytes after the audio. Complete at the
    /// end.
    const std::vector<std::string>& notes() const noexcept;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::audio
