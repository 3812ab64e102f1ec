#pragma once
// What is left of a song is worth: the value of having so much in the buffer, at this bitrate, on a
// network that is expected to be so fast and so fickle, when every coming decision is made well.
#include <cstdint>
#include <memory>
#include <vector>

namespace stretto::abr {

/// How throughput moves. What is expected is an average x that forgets; what comes in the next
/// stage is x times a lognormal factor, or nothing for a while; then x learns from it. So the
/// expectation itself wanders, as it does in a player, and the more so the greater the spread.
struct NetworkModel {
    double half_life_s = 194;   ///< of the average
    double outage_p = 0.036;    ///< a stage in which nothing comes for a while, at spread `usual`
    double outage_s = 0.27;     ///< that while
    double outage_grows = 0.2;  ///< the power of the spread with which outage_p grows
    double hole_p = 0.0075;     ///< the same, for long
    double hole_s = 14;
    double hole_grows = 0.5;  ///< links that vary more have more holes
    double fade_s = 2.13;     ///< how long a factor lasts; after it comes what was expected
    double tilt = 0.018;      ///< of the factors' mean, in squared spreads
    double caution = 0.83;    ///< on what stalls cost
    bool operator==(const NetworkModel&) const = default;
};

/// One stage: audio comes evenly while the buffer is played.
struct Stage {
    double stalled_s = 0;
    int stalls = 0;
    double buffer = 0;  ///< at its end
};
/// @param buffer   s in hand
/// @param lead     s in which nothing comes
/// @param span     s after that in which `audio` s come
/// @param playing  else it stalls until `resume` s are in hand
Stage play_stage(double buffer, double lead, double span, double audio, bool playing,
                 double resume);

/// Eight ways that the next stage may go: factors of what is expected, how likely each is, and how
/// long it lasts.
struct Factor {
    double probability = 0, factor = 1, lasts_s = 0;

    /// s that so many bytes take where `rate` is expected.
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
    static constexpr int most_stages = 30;  ///< further ahead makes no difference

    struct Ladder {
        std::vector<double> rates;      ///< bytes a second, rising
        std::vector<double> utilities;  ///< of each
        double most = 30;               ///< s of buffer
        double resume = 2;
        bool operator==(const Ladder&) const = default;
    };
    Outlook(Ladder ladder, NetworkModel model);
    ~Outlook();

    /// @param stages  of stage_s of audio that are left
    /// @param rate    log2 of the bytes a second expected
    /// @param spread  standard deviation of the log of what comes over what was expected
    double worth(int stages, double buffer, int rendition, double rate, double spread) const;

    /// One for all players of the thread that ask for the same. It belongs to that thread.
    static std::shared_ptr<const Outlook> shared(const Ladder& ladder, const NetworkModel& model);

   private:
    struct Table;
    const Table& table(int level) const;
    Ladder ladder_;
    NetworkModel model_;
    std::unique_ptr<Table[]> tables_;  ///< by spread, made when first needed
};

}  // namespace stretto::abr
