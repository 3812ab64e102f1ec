#pragma once
// Where sound goes: the system's device, a file, or nowhere at the pace of a listener.
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

/// Takes interleaved samples and never waits; frames count a sample of each channel. Used by one
/// thread, every 20 ms or so: it holds 200 ms at most, so that a pause, a seek or another volume is
/// heard at once. Functions throw an Error (74) when the output fails; a lost device is no failure.
class Sink {
   public:
    virtual ~Sink() = default;

    const Format& format() const noexcept { return format_; }
    /// Frames that write() takes now.
    virtual std::size_t room() = 0;
    /// @param samples  of room() frames at most
    void write(std::span<const float> samples);
    /// Frames written in all, those dropped aside.
    std::int64_t written() const noexcept { return written_; }
    /// How many of them were heard; never falls.
    virtual std::int64_t played() = 0;
    virtual void pause(bool paused) = 0;
    /// Forget what can still be taken back of what was not heard; frames forgotten.
    virtual std::int64_t drop() { return 0; }
    /// @param volume  0..1, for what is written from now on; 1 leaves every bit as it is
    void set_volume(double volume) noexcept { volume_ = static_cast<float>(volume); }
    /// Whether the device is gone. It is looked for again every second, and goes on where it
    /// stopped.
    virtual bool lost() const noexcept { return false; }
    /// All that was written is out. Nothing may be written after.
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

/// What --output says.
struct Output {
    enum class Kind { device, nowhere, wav, raw } kind = Kind::device;
    std::string path{};  ///< of a file; "-" is standard output
    bool operator==(const Output&) const = default;
};
/// "sdl", "null", "wav:FILE", "raw:FILE" or "raw:-".
Result<Output> parse_output(const std::string& spec);

struct SinkOptions {
    std::string device{};  ///< name of the system's; empty: its default
    /// Files take sound as fast as a listener would hear it, unless told not to.
    bool paced = true;
    std::function<double()> clock{};  ///< s, steady, any zero
};

/// @param options  its clock is needed
/// wav: 32-bit float, right up to the last write whatever ends the program, 4 GB at most. raw:
/// interleaved 32-bit little-endian float. Both are the very samples written.
/// Throws an Error: 69 when there is no device to be had, 74 when a file cannot be made, 64 for
/// samples to a terminal.
std::unique_ptr<Sink> open_sink(const Output& output, const Format& format, SinkOptions options);

/// Names for SinkOptions::device; empty when there are none.
std::vector<std::string> output_devices();

}  // namespace stretto::audio
