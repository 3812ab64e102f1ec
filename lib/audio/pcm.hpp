#pragma once
// A whole song as samples on disk: measuring needs all of it before encoding can begin, and memory
// is bounded.
#include <span>
#include <utility>

#include "base/spool.hpp"

namespace stretto::audio {

/// Interleaved float samples in an unlinked file under TMPDIR; 21 MB a minute of 44.1 kHz stereo.
class PcmSpool {
   public:
    /// @param keep  false: nothing will be added, and no file is opened
    explicit PcmSpool(int channels, bool keep = true)
        : channels_(channels), file_(keep ? open_spool() : File{}) {}
    PcmSpool(PcmSpool&&) = default;
    PcmSpool& operator=(PcmSpool&& other) noexcept {
        std::swap(channels_, other.channels_);
        std::swap(file_, other.file_);
        std::swap(frames_, other.frames_);
        return *this;
    }
    ~PcmSpool() { return_spool(std::move(file_)); }

    void add(std::span<const float> samples) {
        write_all(file_.fd(),
                  {reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size_bytes()},
                  "temporary file");
        frames_ += static_cast<std::int64_t>(samples.size()) / channels_;
    }
    /// Up to `into.size()` samples from a frame on; what was read. Safe from several threads.
    std::span<const float> read(std::int64_t frame, std::span<float> into) const {
        const auto bytes =
            read_at(file_.fd(), {reinterpret_cast<std::uint8_t*>(into.data()), into.size_bytes()},
                    frame * channels_ * static_cast<std::int64_t>(sizeof(float)), "temporary file");
        return into.first(bytes / sizeof(float));
    }
    std::int64_t frames() const noexcept { return frames_; }
    int channels() const noexcept { return channels_; }

   private:
    int channels_;
    File file_;
    std::int64_t frames_ = 0;
};

}  // namespace stretto::audio
