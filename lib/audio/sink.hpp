#pragma once
// Audio outputs: the system's device, a file, or no output in real time.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace stretto::audio {

struct Format {
    int rate = 0;  ///< Hz
    int channels = 0;
    bool operator==(const Format&) const = default;
};

/// Takes interleaved samples and never waits. A frame is one sample of each channel. One thread
/// uses it about every 20 ms. It holds at most 200 ms, so that a pause, a seek or a new volume is
/// heard at once. Functions throw an Error (74) if the output fails; a lost device is not a
/// failure.
class Sink {
   public:
    virtual ~Sink() = default;

    const Format& format() const noexcept { return format_; }
    /// Frames that write() can take now.
    virtual std::size_t room() = 0;
    /// @param samples  of room() frames at most
    void write(std::span<const float> samples);
    /// Total number of written frames, without dropped ones.
    std::int64_t written() const noexcept { return written_; }
    /// Number of played frames; never decreases.
    virtual std::int64_t played() = 0;
    virtual void pause(bool paused) = 0;
    /// Drop written frames that are not played yet, as far as possible; returns their number.
    virtual std::int64_t drop() { return 0; }
    /// @param volume  0..1, for later samples; 1 leaves every bit unchanged
    void set_volume(double volume) noexcept { volume_ = static_cast<float>(volume); }
    /// Whether the device is lost. The sink searches for it every second and continues where it
    /// stopped.
    virtual bool lost() const noexcept { return false; }
    /// Waits until all samples are output. No later write is allowed.
    virtual void close() {}

   protected:
    explicit Sink(const Format& format) : format_(format) {}
    virtual void put(std::span<const float> samples) = 0;
    std::int64_t written_ = 0;

   private:
    Format format_;
    float volume_ = 1;
    std::vector<float> scaled_;
};

/// The value of --output.
struct Output {
    enum class Kind { device, nowhere, wav, raw } kind = Kind::device;
    std::string path{};  ///< of a file; "-" is standard output
    bool operator==(const Output&) const = default;
};
/// "sdl", "null", "wav:FILE", "raw:FILE" or "raw:-".
Result<Output> parse_output(const std::string& spec);

struct SinkOptions {
    std::string device{};  ///< name of the system's; empty: its default
    /// Files take samples in real time, unless this is false.
    bool paced = true;
    std::function<double()> clock{};  ///< s, steady, any zero
};

/// @param options  its clock is needed
/// wav: 32-bit float, valid up to the last write however the program ends, at most 4 GB. raw:
/// interleaved 32-bit little-endian float. Both contain exactly the written samples.
/// Throws an Error: 69 if there is no device, 74 if a file cannot be created, 64 for samples to a
/// terminal.
std::unique_ptr<Sink> open_sink(const Output& output, const Format& format, SinkOptions options);

/// Names for SinkOptions::device; empty if there are none.
std::vector<std::string> output_devices();

}  // namespace stretto::audio
