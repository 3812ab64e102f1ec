#pragma once
// An audio file to one Ogg stream with a Vorbis stream per bitrate: read and measured once, encoded
// side by side.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audio/decoder.hpp"
#include "audio/loudness.hpp"
#include "audio/pcm.hpp"
#include "base/file.hpp"
#include "publish/cue.hpp"
#include "song/manifest.hpp"

namespace stretto::publish {

/// Called now and then with the share done (0..1, below 0 when unknown) and seconds of audio so
/// far.
using Report = std::function<void(double share, double seconds)>;

struct Recording {
    std::string subject, format;
    int source_rate = 0, source_channels = 0;
    int rate = 0;
    audio::PcmSpool pcm;
    audio::Meter meter;
    std::vector<std::string> tags;    ///< "KEY=value"
    std::vector<std::string> damage;  ///< passed over, when told to keep going
    std::vector<std::string> notes;   ///< no damage, and worth knowing
    Bytes cover;                      ///< a plain JPEG of at most 600 pixels; empty: none

    double seconds() const { return static_cast<double>(pcm.frames()) / rate; }
};

struct Source : audio::Decoder::Options {
    bool single_mono = false;  ///< measure mono as one speaker, not as two
    std::string cue;           ///< a cue sheet file, instead of what is inside
    int cue_track = 0;        ///< the part of the input that is this track of the cue sheet; 0: all
    bool no_cover = false;    ///< whatever picture there is
    std::string cover;        ///< a picture file instead of what is inside; it must be one
    std::string spare_cover;  ///< a picture file for want of one inside
};

/// Decode and measure a whole input, side by side. What cannot be read twice (a pipe) is spooled
/// first, so that a pipe gives what a file gives. Throws an Error (65) on what is no audio or
/// damaged.
/// @param keep_pcm  false when only the measure is wanted
Recording record(int fd, const std::string& subject, const Source& options, bool keep_pcm,
                 const Report& report);

/// The same for several tracks of a cue sheet, decoding the input once.
/// @param tracks  their numbers, rising; options.cue_track means nothing here
/// @param done    takes each as soon as it is whole. After an Error it has had those in front of
///                the damage
void record_tracks(int fd, const std::string& subject, const Source& options,
                   const std::vector<int>& tracks, bool keep_pcm,
                   const std::function<void(int track, Recording recording)>& done);

/// The tags of an input or of its options.cue_track, "KEY=value", without decoding it.
std::vector<std::string> probe(int fd, const std::string& subject, const Source& options);

/// The cue sheet of an input: that in options.cue or else inside; nullopt: it has none.
std::optional<CueSheet> probe_sheet(int fd, const std::string& subject, const Source& options);

struct Encoding {
    std::vector<int> kbps;  ///< rising, each known to audio::quality_of
    double gain_db = 0;
    song::Loudness loudness;
    unsigned threads = 2;
};

struct Encoded {
    std::vector<std::int64_t> bytes;  ///< by rendition
    double vorbis_cpu_seconds = 0;    ///< spent inside libvorbis
};

/// The same bytes whatever the number of threads. Memory is bounded: no rendition runs far ahead of
/// what was written.
Encoded encode(const Recording& recording, const Encoding& encoding,
               const std::function<void(BytesView)>& write, const Report& report);

}  // namespace stretto::publish
