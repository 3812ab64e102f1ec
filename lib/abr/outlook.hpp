#pragma once
// The value of the rest of a song, if every later decision is optimal: a function of the buffer
// level, the bitrate, and the expected rate and variation of the network.
#include <cstdint>
#include <memory>
#include <vector>

namespace stretto::abr {

/// A model of throughput. The expectation is a decaying average x. The next stage has the rate x
/// times a lognormal factor, or an outage; then x is updated. So the expectation itself varies, as
/// it does in a player, and it varies more if the spread is greater.
struct NetworkModel {
    double half_life_s = 120;   ///< of the average
    double outage_p = 0.036;    ///< probability of a stage with an outage, at spread `usual`
    double outage_s = 0.27;     ///< duration of the outage
    double outage_grows = 0.2;  ///< power of the spread by which outage_p grows
    double hole_p = 0.006;      ///< the same for a long outage
    double hole_s = 14;
    double hole_grows = 1;  ///< links that vary more have more holes
    double fade_s = 2.13;   ///< duration of a factor; then the rate is the expectation
    double tilt = 0.018;    ///< of the factors' mean, in squared spreads
    double caution = 1.2;   ///< factor on the cost of stalls
    bool operator==(const NetworkModel&) const = default;
};

/// One stage: audio arrives evenly while the buffer is played.
struct Stage {
    double stalled_s = 0;
    int stalls = 0;
    double buffer = 0;  ///< at its end
};
/// @param buffer   s, buffer level
/// @param lead     s without arrivals
/// @param span     s after that, in which `audio` s arrive
/// @param playing  if false, it stalls until the buffer level is `resume` s
Stage play_stage(double buffer, double lead, double span, double audio, bool playing,
                 double resume);

/// Eight outcomes of the next stage: a factor of the expectation, its probability, and its
/// duration.
struct Factor {
    double probability = 0, factor = 1, lasts_s = 0;

    /// s for a transfer of so many bytes at the expected `rate`.
    double time(double bytes, double rate) const {
        const double faded = factor * rate * lasts_s;
        return bytes < faded ? bytes / (factor * rate) : lasts_s + (bytes - faded) / rate;
    }
};
constexpr int factors = 8;
std::vector<Factor> factors_of(double spread, const NetworkModel& model);

class Outlook {
   public:
    static constexpr double stage_s = 2;    ///< of audio
    static constexpr int most_stages = 30;  ///< a longer horizon makes no difference

    struct Ladder {
        std::vector<double> rates;      ///< bytes/s, ascending
        std::vector<double> utilities;  ///< of each
        double most = 30;               ///< s of buffer
        double resume = 2;
        bool operator==(const Ladder&) const = default;
    };
    Outlook(Ladder ladder, NetworkModel model);
    ~Outlook();

    /// @param stages  of stage_s of audio that are left
    /// @param rate    log2 of the expected bytes/s
    /// @param spread  standard deviation of the log of the actual rate over the expected rate
    double worth(int stages, double buffer, int rendition, double rate, double spread) const;

    /// One instance for all players of a thread with equal parameters. It belongs to that thread.
    static std::shared_ptr<const Outlook> shared(const Ladder& ladder, const NetworkModel& model);

   private:
    struct Table;
    const Table& table(int level) const;
    Ladder ladder_;
    NetworkModel model_;
    std::unique_ptr<Table[]> tables_;  ///< by spread, computed on first use
};

}  // namespace stretto::abr
