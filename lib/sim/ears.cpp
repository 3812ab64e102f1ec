#include "sim/ears.hpp"

#include <algorithm>

namespace stretto::sim {

void Ears::advance(double now) {
    const double passed = now - now_;
    if (passed <= 0) return;
    now_ = now;
    if (!playing_) {
        if (started() && playhead_ < song_s_ - 1e-3) stalled_s_ += passed;
        return;
    }
    const double heard = std::min(passed, std::max(0.0, audio_ - playhead_));
    playhead_ += heard;
    if (heard >= passed) return;
    playing_ = false;
    if (playhead_ >= song_s_ - 1e-3) return;
    ++stalls_;
    stalled_s_ += passed - heard;
}

void Ears::audio(double now, double audio_s, const play::Session::Options& rules) {
    advance(now);
    audio_ = std::max(audio_s, playhead_);
    const double needed = started() ? rules.resume_s : rules.start_s;
    if (playing_ || buffer() < std::min(needed, song_s_ - playhead_ - 1e-6)) return;
    if (playhead_ >= song_s_ - 1e-3) return;
    playing_ = true;
    if (!started()) sound_at_ = now;
}

}  // namespace stretto::sim
