#pragma once
// Days and times in a time zone.
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace stretto::report {

/// Days have 23 or 25 hours when clocks change. One zone per process, as in localtime(3).
class Zone {
   public:
    /// @param name  "Europe/Berlin", of the system's time zone database; "UTC"
    /// Throws an Error (64) for an unknown name.
    explicit Zone(std::string name = "UTC");

    /// The day's number since 1970-01-01.
    std::int64_t day_of(std::int64_t time_ms) const;
    /// The start of a day.
    std::int64_t begin_of(std::int64_t day) const;
    std::int64_t local_ms(std::int64_t time_ms) const {
        return time_ms + ahead(time_ms / 1000) * 1000;
    }
    std::int64_t length_of(std::int64_t day) const { return begin_of(day + 1) - begin_of(day); }
    /// "2026-11-25T10:00:00Z", or with an offset such as "+01:00" at the end.
    std::string time(std::int64_t time_ms) const;
    /// Parse a local time: "2026-11-01" or "2026-11-01T10:00:00".
    std::int64_t parse(const std::string& text) const;  ///< -1: no such date
    const std::string& name() const noexcept { return name_; }
    bool utc() const noexcept { return utc_; }

   private:
    /// The offset of local time from UTC, in seconds.
    std::int64_t ahead(std::int64_t seconds) const;

    std::string name_;
    bool utc_;
    mutable std::int64_t quarter_ = -1, ahead_ = 0;          // cache of the last lookup
    mutable std::map<std::int64_t, std::int64_t> begins_{};  // of days
};

/// The zone of all printed times; UTC by default.
const Zone& zone();
void use_zone(const Zone& zone);

}  // namespace stretto::report
