#pragma once
// Playback while audio arrives: start, stalls, quality and the score. The simulated player and the
// search for the optimum share it, so both count alike.
#include <algorithm>
#include <cmath>

#include "abr/score.hpp"

namespace stretto::sim {

struct PlayoutRules {
    double sound_s = 0.5;  ///< buffer level at which sound begins
    double start_s = 1;    ///< buffer level that ends the startup of the score
    double resume_s = 2;   ///< buffer level that ends a stall
};

class Playout {
   public:
    explicit Playout(double song_s) : song_s_(song_s) {}

    /// Advance the clock without new audio. An earlier time has no effect.
    void advance(double now) {
        if (now <= now_) return;
        if (!playing_) {
            if (started_ && !ended()) score_.stalled_s += now - now_;
            now_ = now;
            return;
        }
        const double dry = now_ + audio_ - playhead_;
        if (now < dry) {
            playhead_ += now - now_;
            now_ = now;
            return;
        }
        playhead_ = audio_;
        now_ = dry;
        playing_ = false;
        if (ended()) return;
        ++score_.stalls;
        advance(now);
    }

    /// Audio is now buffered up to `audio_s`; its new part has this utility.
    void come(double now, double audio_s, double utility, const PlayoutRules& rules) {
        advance(now);
        if (audio_s <= audio_) return;
        score_.quality_s += utility * (audio_s - audio_);
        if (utility_ >= 0) score_.changes += std::abs(utility - utility_);
        utility_ = utility;
        audio_ = audio_s;
        const double most = song_s_ - playhead_ - 1e-9;  // a song may be shorter than any rule
        // startup ends when the first second has arrived, though half of it may have been played
        if (score_.start_s <= 0 && audio_ >= std::min(rules.start_s, song_s_) - 1e-9)
            score_.start_s = now_;
        const double needed = started_ ? rules.resume_s : rules.sound_s;
        if (playing_ || buffer() < std::min(needed, most)) return;
        playing_ = true;
        if (!started_) sound_at_ = now_;
        started_ = true;
    }

    /// Drop the buffered audio after `audio_s`.
    void drop(double audio_s) { audio_ = std::min(audio_, std::max(audio_s, playhead_)); }

    double now() const { return now_; }
    double audio() const { return audio_; }
    double playhead() const { return playhead_; }
    double buffer() const { return audio_ - playhead_; }
    bool playing() const { return playing_; }
    bool started() const { return started_; }
    bool ended() const { return playhead_ >= song_s_ - 1e-9; }
    double sound_at() const { return sound_at_; }  ///< seconds after the command; -1: never
    const abr::Score& score() const { return score_; }

   private:
    double song_s_;
    double now_ = 0, audio_ = 0, playhead_ = 0;
    double utility_ = -1, sound_at_ = -1;
    bool playing_ = false, started_ = false;
    abr::Score score_;
};

}  // namespace stretto::sim
