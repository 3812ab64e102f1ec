#pragma once
// Sums by time, in buckets as wide as the time that they cover asks for.
#include <map>

#include "report/experience.hpp"
#include "report/zone.hpp"

namespace stretto::report {

struct Moment {
    Experience experience;          ///< of the sessions that began then
    Traffic traffic;                ///< of the chunks that came then
    std::int64_t listening_ms = 0;  ///< of listeners; divided by the width: those at a time
    std::int64_t peak = 0;          ///< most listeners at once
};

/// A chunk at its time.
struct Came {
    std::int64_t time_ms = 0, bytes = 0;
    std::uint32_t kept_ms = 0, kbps = 0;
    Source source = Source::cache;

    auto key() const { return time_ms; }
};

/// Somebody begins or ends listening.
struct Turn {
    std::int64_t time_ms = 0, more = 0;

    auto key() const { return std::tie(time_ms, more); }
};

/// About 120 buckets of 5, 10 or 60 s, 10 min, 1 or 6 h, or of days, 7 of them and so on; hours and
/// days are those of the zone. What lies outside of the span is left out.
class Series {
   public:
    Series(std::int64_t from_ms, std::int64_t to_ms, const Zone& zone);

    void add(const Visit& visit);
    void add(const Came& came);
    /// @param turns  in order; all of them
    void add(Sorted<Turn>& turns);

    std::int64_t width_ms() const noexcept { return width_; }
    /// By where they begin, ms since 1970; those without anything are left out.
    const std::map<std::int64_t, Moment>& moments() const noexcept { return moments_; }
    std::int64_t peak() const noexcept { return peak_; }
    double mean() const noexcept;  ///< listeners at a time, over the whole span

   private:
    bool covers(std::int64_t time_ms) const { return time_ms >= from_ && time_ms <= to_; }
    std::int64_t begin_of(std::int64_t time_ms) const;
    std::int64_t end_of(std::int64_t begin_ms) const;

    std::int64_t from_, to_, width_ = 5000, peak_ = 0, listening_ms_ = 0;
    const Zone& zone_;
    std::map<std::int64_t, Moment> moments_;
};

}  // namespace stretto::report
