#pragma once
// How much time a listener may lose to peers. While peers are asked for a chunk the edge is idle,
// and where the edge is only just fast enough that time is missing later, as bitrate.
#include <algorithm>

namespace stretto::gather {

class Budget {
   public:
    static constexpr double first_s = 1.5;  ///< at the beginning: strangers need one chance
    static constexpr double most_s = 4;     ///< that can be saved up
    static constexpr double share = 0.025;  ///< of the time that passes

    /// Time that peers took for a chunk, beyond the audio that they brought.
    /// @param seconds  taken
    /// @param audio_s  that can be heard because of it
    /// @param load     the highest bitrate's share of the edge's rate: what a lost second costs the
    /// edge; 1 and more: all of it
    static double loss(double seconds, double audio_s, double load) {
        return std::max(0.0, seconds - audio_s) * std::clamp(load, 0.0, 1.0);
    }

    void pass(double now) {
        if (seen_ >= 0) left_ = std::min(most_s, left_ + share * (now - seen_));
        seen_ = now;
    }
    void spend(double s) { left_ -= s; }
    double left_s() const noexcept { return left_; }

   private:
    double left_ = first_s, seen_ = -1;
};

}  // namespace stretto::gather
