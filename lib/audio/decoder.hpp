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

/// Reads one open file and nothing else: FFmpeg gets bytes, never a name, and demuxers that would
/// open other files or addresses (concat, hls, dash, image lists, ...) are refused, so an upload
/// cannot read the server's disk.
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
    /// Throws an Error (65) when there is no audio in it.
    Decoder(int fd, std::string subject, const Options& options);
    ~Decoder();

    /// Interleaved samples, as many as come at a time; false at the end. Throws an Error (65) on
    /// damage, an end before what the header promises and samples that are no numbers, unless told
    /// to keep going.
    bool next(std::vector<float>& samples);

    int channels() const noexcept;  ///< 1 or 2
    int source_rate() const noexcept;
    int source_channels() const noexcept;
    const std::string& format() const noexcept;  ///< "flac", "mov,mp4,..."
    /// Seconds that the header promises or the size suggests; 0 when unknown.
    double expected_seconds() const noexcept;
    /// "KEY=value" with the names of Vorbis comments, sorted; pictures and container technicalities
    /// left out.
    std::vector<std::string> tags() const;
    /// The picture inside that is the cover, in its own format: the front cover, else the first;
    /// empty when there is none.
    Bytes cover() const;
    /// What was passed over, in order; at most 100 lines are kept.
    const std::vector<std::string>& damage() const noexcept;
    /// What is no damage and worth knowing, such as bytes after the audio. Complete at the end.
    const std::vector<std::string>& notes() const noexcept;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::audio
