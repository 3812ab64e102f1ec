#pragma once
// Sums by time, in buckets that widen with the time that they cover.
#include <map>

#include "report/experience.hpp"

namespace stretto::report {

struct Moment {
    Experience experience;  ///< of the sessions that began then
    Traffic traffic;        ///< of these
    std::int64_t listening_ms =
        0;  ///< from the first sound on; divided by the width: those at a time
};

/// At most 121 buckets of 5, 10 or 60 s, 10 min, 1, 6 or 24 h and so on. The same sessions give the
/// same buckets, in any order.
class Series {
   public:
    void add(const Session& session);
    std::int64_t width_ms() const noexcept { return width_; }
    /// By where they begin, ms since 1970; those without sessions are left out.
    const std::map<std::int64_t, Moment>& moments() const noexcept { return moments_; }

   private:
    void cover(std::int64_t first_ms, std::int64_t last_ms);

    std::int64_t width_ = 5000;
    std::int64_t first_ = -1, last_ = -1;
    std::map<std::int64_t, Moment> moments_;
};

}  // namespace stretto::report
