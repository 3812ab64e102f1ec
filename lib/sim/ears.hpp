#pragma once
// Playback of a listener of the crowd: sound, stalls and the playback position, in seconds since
// the play began.
#include "play/session.hpp"

namespace stretto::sim {

class Ears {
   public:
    explicit Ears(double song_s) : song_s_(song_s) {}
    /// Audio is buffered up to `audio_s`. The value may fall, but not below the playback position.
    void audio(double now, double audio_s, const play::Session::Options& rules);
    void advance(double now);
    double playhead() const { return playhead_; }
    double buffer() const { return audio_ - playhead_; }
    bool playing() const { return playing_; }
    bool started() const { return sound_at_ >= 0; }
    double sound_at() const { return sound_at_; }
    double stalled_s() const { return stalled_s_; }
    int stalls() const { return stalls_; }

   private:
    double song_s_, now_ = 0, audio_ = 0, playhead_ = 0, sound_at_ = -1, stalled_s_ = 0;
    int stalls_ = 0;
    bool playing_ = false;
};

}  // namespace stretto::sim
