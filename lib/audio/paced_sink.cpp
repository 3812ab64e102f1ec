#include "audio/paced_sink.hpp"

#include <algorithm>

namespace stretto::audio {

constexpr double depth_seconds = 0.2;

PacedSink::PacedSink(const Format& format, std::unique_ptr<SoundFile> file, SinkOptions options)
    : Sink(format),
      file_(std::move(file)),
      paced_(options.paced),
      clock_(std::move(options.clock)) {}

std::int64_t PacedSink::played() {
    if (!paced_) return written_;
    const double now = clock_();
    if (!paused_)
        heard_ = std::min(heard_ + (now - at_) * format().rate, static_cast<double>(written_));
    at_ = now;
    return static_cast<std::int64_t>(heard_);
}

std::size_t PacedSink::room() {
    const std::size_t takes = file_ ? file_->room() : 16384;
    if (!paced_) return paused_ ? 0 : takes;
    const auto depth = static_cast<std::int64_t>(depth_seconds * format().rate);
    const auto left = std::max<std::int64_t>(0, depth - (written_ - played()));
    return std::min(takes, static_cast<std::size_t>(left));
}

void PacedSink::put(std::span<const float> samples) {
    if (paced_) played();  // what was not there was not heard
    if (file_) file_->write(samples);
}

void PacedSink::pause(bool paused) {
    played();
    paused_ = paused;
}

void PacedSink::close() {
    if (file_) file_->close();
}

}  // namespace stretto::audio
