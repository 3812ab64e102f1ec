#pragma once
// Days and times as people of a place have them.
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace stretto::report {

/// Days of 23 and 25 hours where clocks are set. One zone a process, as in localtime(3).
class Zone {
   public:
    /// @param name  "Europe/Berlin", of the system's time zone database; "UTC"
    /// An Error (64) for a name that it does not have.
    explicit Zone(std::string name = "UTC");

    /// The day's number since 1970-01-01.
    std::int64_t day_of(std::int64_t time_ms) const;
    /// When a day begins.
    std::int64_t begin_of(std::int64_t day) const;
    std::int64_t local_ms(std::int64_t time_ms) const {
        return time_ms + ahead(time_ms / 1000) * 1000;
    }
    std::int64_t length_of(std::int64_t day) const { return begin_of(day + 1) - begin_of(day); }
    /// "2026-11-25T10:00:00Z", or with "+01:00" behind it.
    std::string time(std::int64_t time_ms) const;
    /// A local time, or nothing: "2026-11-01", "2026-11-01T10:00:00".
    std::int64_t parse(const std::string& text) const;  ///< -1: it is none
    const std::string& name() const noexcept { return name_; }
    bool utc() const noexcept { return utc_; }

   private:
    /// Seconds that local time is ahead of UTC.
    std::int64_t ahead(std::int64_t seconds) const;

    std::string name_;
    bool utc_;
    mutable std::int64_t quarter_ = -1, ahead_ = 0;          // of the last time asked for
    mutable std::map<std::int64_t, std::int64_t> begins_{};  // of days
};

/// The zone of all times that are printed; UTC until it is said.
const Zone& zone();
void use_zone(const Zone& zone);

}  // namespace stretto::report
