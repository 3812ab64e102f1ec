#pragma once
// A device made of a clock: output to a file or nowhere, in real time.
#include "audio/sink.hpp"
#include "audio/sound_file.hpp"

namespace stretto::audio {

/// Samples are in the file at once, so drop() takes nothing back. The clock stands still while
/// there is nothing to play, so an interruption leaves no trace in the file.
class PacedSink final : public Sink {
   public:
    /// @param file  nullptr: nowhere
    PacedSink(const Format& format, std::unique_ptr<SoundFile> file, SinkOptions options);

    std::size_t room() override;
    std::int64_t played() override;
    void pause(bool paused) override;
    void close() override;

   private:
    void put(std::span<const float> samples) override;

    std::unique_ptr<SoundFile> file_;
    bool paced_;
    std::function<double()> clock_;
    bool paused_ = false;
    double at_ = 0;     // s of the clock when heard_ was right
    double heard_ = 0;  // frames
};

}  // namespace stretto::audio
