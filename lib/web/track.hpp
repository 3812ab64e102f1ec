#pragma once
// The sound of one song on the browser's sound clock: its start, scheduled samples and stalls. The
// counterpart of listen/sound, whose thread writes to a device.
#include <cstdint>
#include <optional>
#include <vector>

#include "play/playout.hpp"
#include "play/session.hpp"
#include "web/browser.hpp"

namespace stretto::web {

class Track {
   public:
    struct Options {
        double start_s = 0.45;  ///< buffer level for the first sound
        double resume_s = 2;    ///< the same after a stall
        double buffer_s = 30;   ///< decoded ahead of the playback
        /// Audio that is scheduled ahead, s. A page in the background is called about once a
        /// second. Scheduled audio cannot be replaced by another bitrate.
        double ahead_s = 2;
        double block_s = 0.5;
        /// Delay from the decision to the first sound, s: a message to the page, and a render
        /// quantum.
        double reach_s = 0.03;
    };
    enum class Happened { nothing, started, stalled, resumed, finished };

    /// @param samples  length of the song
    Track(int rate, int channels, std::int64_t samples, const Options& options);

    void begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
               BytesView headers);
    std::optional<std::int64_t> add(BytesView bytes) { return playout_.add(bytes); }
    void start_with(double seconds) { options_.start_s = seconds; }
    /// No more audio will arrive: play the buffer to its end.
    void last() { last_ = true; }

    /// Schedule the audio that is due.
    /// @param frame     current frame of the sound clock
    /// @param earliest  first frame that may be used: the end of the previous track
    /// @return the changes that the listener notices, such as a stall
    Happened feed(Browser& browser, std::int64_t frame, std::int64_t earliest);

    /// The sample that is played at a frame of the sound clock.
    std::int64_t heard(std::int64_t frame) const;
    /// Continue at this sample; the caller stops the browser's sound. @return false: it is not
    /// buffered
    bool seek(std::int64_t sample, std::int64_t frame);

    play::Session::Heard state(std::int64_t frame, bool paused) const;
    std::int64_t end() const { return playout_.end(); }
    /// The frame after the last sample. Precondition: all samples are scheduled.
    std::optional<std::int64_t> end_frame() const;
    bool started() const noexcept { return started_; }
    bool damaged() const { return playout_.damaged(); }
    double in_hand_s(std::int64_t frame) const {
        return static_cast<double>(end() - heard(frame)) / rate_;
    }
    double heard_s(std::int64_t frame) const;
    int rate() const noexcept { return rate_; }
    std::int64_t samples() const noexcept { return samples_; }

   private:
    bool can_play() const;
    std::int64_t frames(double seconds) const;

    int rate_, channels_;
    std::int64_t samples_;
    Options options_;
    play::Playout playout_;
    std::vector<float> interleaved_, planes_;
    std::int64_t run_from_ = 0, run_at_ = 0;  // sample run_from_ plays at frame run_at_, and so on
    std::int64_t heard_before_ = 0;           // samples played before this run
    bool playing_ = false, started_ = false, sought_ = false, last_ = false;
};

}  // namespace stretto::web
