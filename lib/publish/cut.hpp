#pragma once
// Cuts Ogg Vorbis into the entries of a bundle. The input is one file with several streams, or
// several files, as renditions of one song.
#include <functional>
#include <memory>
#include <string>

#include "ogg/split.hpp"
#include "publish/cover.hpp"
#include "publish/song.hpp"

namespace stretto::publish {

class Cutter {
   public:
    /// Receives one entry of the bundle: its path and bytes.
    using Sink = std::function<void(const std::string& path, BytesView bytes)>;

    /// @param seconds  of audio in a chunk
    explicit Cutter(double seconds);
    ~Cutter();

    /// The average bitrate in kbit/s of the stream with a serial number; 0: unknown.
    using Average = std::function<int(std::uint32_t serial)>;

    /// @param subject  names the input in errors
    /// @param average  names a rendition that does not state its bitrate; empty: refuse it
    void add_input(ogg::PageReader reader, std::string subject, Average average = {});

    /// Read all inputs in parallel and output chunks as soon as they are complete, then indexes and
    /// covers, then the manifest. Holds 1.5 chunks per rendition. Throws an Error (65) that
    /// names the input. Returns the manifest.
    song::Manifest run(const Sink& sink);

    /// The skipped parts of the input: "Opus in 'a.ogg'".
    const std::vector<std::string>& ignored() const noexcept { return ignored_; }

   private:
    struct Track;
    struct Input;
    void read_page(Input& input);
    void begin_stream(Input& input, const ogg::Page& page);
    void open_tracks();
    void emit(const Sink& sink);
    std::vector<CoverFile> find_covers();
    void name(Track& track, const Input& input);

    double seconds_;
    std::int64_t chunk_samples_ = 0;
    std::vector<std::unique_ptr<Input>> inputs_;
    std::vector<Track*> tracks_;  // by kbps, once all are known
    std::vector<std::string> ignored_;
    SongBuilder song_;
};

/// Average bitrate of a Vorbis stream in an input, in kbit/s; reads it to the end. 0 if there is no
/// such stream.
int average_kbps(ogg::PageReader reader, std::uint32_t serial);

}  // namespace stretto::publish
