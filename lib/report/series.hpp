#pragma once
// Sums over time, in buckets whose width depends on the length of the period.
#include <map>

#include "report/experience.hpp"
#include "report/zone.hpp"

namespace stretto::report {

/// The sums of one bucket.
struct Moment {
    Experience experience;          ///< of the sessions that began in it
    Traffic traffic;                ///< of the chunks that arrived in it
    std::int64_t listening_ms = 0;  ///< summed over listeners; divided by the width: their average
    std::int64_t peak = 0;          ///< maximum number of concurrent listeners
};

/// A chunk and the time of its arrival.
struct Came {
    std::int64_t time_ms = 0, bytes = 0;
    std::uint32_t kept_ms = 0, kbps = 0;
    Source source = Source::cache;

    auto key() const { return time_ms; }
};

/// A listener begins (`more` is 1) or stops (-1) listening.
struct Turn {
    std::int64_t time_ms = 0, more = 0;

    auto key() const { return std::tie(time_ms, more); }
};

/// About 120 buckets of 5, 10 or 60 s, 10 min, 1 or 6 h, 1 day, 7 days and so on. Hours and days
/// begin at local time. Times outside of the period are ignored.
class Series {
   public:
    Series(std::int64_t from_ms, std::int64_t to_ms, const Zone& zone);

    void add(const Visit& visit);
    void add(const Came& came);
    /// Add all turns, in order of time.
    void add(Sorted<Turn>& turns);

    std::int64_t width_ms() const noexcept { return width_; }
    /// Buckets by their start, ms since 1970, without empty buckets.
    const std::map<std::int64_t, Moment>& moments() const noexcept { return moments_; }
    std::int64_t peak() const noexcept { return peak_; }
    double mean() const noexcept;  ///< average number of concurrent listeners in the whole period

   private:
    bool covers(std::int64_t time_ms) const { return time_ms >= from_ && time_ms <= to_; }
    std::int64_t begin_of(std::int64_t time_ms) const;
    std::int64_t end_of(std::int64_t begin_ms) const;

    std::int64_t from_, to_, width_ = 5000, peak_ = 0, listening_ms_ = 0;
    const Zone& zone_;
    std::map<std::int64_t, Moment> moments_;
};

}  // namespace stretto::report
