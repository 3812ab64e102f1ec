#include "report/zone.hpp"

#include <sysexits.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "base/error.hpp"
#include "report/dates.hpp"

namespace stretto::report {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

bool is_known(const std::string& name) {
    if (name.empty() || name.size() > 64 || name[0] == '/' || name.find("..") != name.npos)
        return false;
    const char* set = std::getenv("TZDIR");
    const std::filesystem::path folder = set && *set ? set : "/usr/share/zoneinfo";
    std::error_code failed;
    return std::filesystem::is_regular_file(folder / name, failed);
}

Zone& printed() {
    static Zone zone;
    return zone;
}

}  // namespace

const Zone& zone() { return printed(); }
void use_zone(const Zone& zone) { printed() = zone; }

Zone::Zone(std::string name) : name_(std::move(name)), utc_(name_ == "UTC") {
    if (!utc_ && !is_known(name_))
        throw Error{EX_USAGE, text("no time zone is called '", name_,
                                   "' here (Debian: package tzdata); an example: Europe/Berlin")};
    if (utc_) return;
    ::setenv("TZ", (":" + name_).c_str(), 1);
    ::tzset();
}

std::int64_t Zone::ahead(std::int64_t seconds) const {
    if (utc_) return 0;
    // time zones change at multiples of 15 minutes
    if (const auto quarter = floor_div(seconds, 900); quarter != quarter_) {
        const std::time_t begin = quarter * 900;
        std::tm local{};
        ::localtime_r(&begin, &local);
        quarter_ = quarter;
        ahead_ = local.tm_gmtoff;
    }
    return ahead_;
}

std::int64_t Zone::day_of(std::int64_t time_ms) const {
    const auto seconds = floor_div(time_ms, 1000);
    return floor_div(seconds + ahead(seconds), 86'400);
}

std::int64_t Zone::begin_of(std::int64_t day) const {
    if (utc_) return day * day_ms;
    if (const auto found = begins_.find(day); found != begins_.end()) return found->second;
    // the first 15 minutes of this day
    auto low = day * 86'400 - 86'400, high = day * 86'400 + 86'400;
    while (high - low > 900) {
        const auto middle = floor_div((low + high) / 2, 900) * 900;
        if (day_of(middle * 1000) >= day)
            high = middle;
        else
            low = middle;
    }
    return begins_[day] = high * 1000;
}

std::string Zone::time(std::int64_t time_ms) const {
    const auto seconds = floor_div(time_ms, 1000);
    const auto shift = ahead(seconds);
    const std::time_t shown = seconds + shift;
    std::tm fields{};
    ::gmtime_r(&shown, &fields);
    char buffer[32];
    std::string out{buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &fields)};
    if (utc_) return out + 'Z';
    const auto minutes = (shift < 0 ? -shift : shift) / 60;
    std::snprintf(buffer, sizeof buffer, "%c%02d:%02d", shift < 0 ? '-' : '+',
                  static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
    return out + buffer;
}

std::int64_t Zone::parse(const std::string& text) const {
    for (const auto* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"}) {
        std::tm fields{};
        const char* end = ::strptime(text.c_str(), format, &fields);
        if (!end || *end) continue;
        const auto said = fields;
        const auto clock = static_cast<std::int64_t>(::timegm(&fields));
        // February 31 would become March 3, and --drop-before would delete three days too many
        if (fields.tm_mday != said.tm_mday || fields.tm_mon != said.tm_mon ||
            fields.tm_hour != said.tm_hour || fields.tm_sec != said.tm_sec)
            return -1;
        if (utc_ || text.ends_with('Z')) return clock * 1000;
        if (text.size() == 10) return begin_of(floor_div(clock, 86'400));
        // the earlier one, if a local time occurs twice
        for (const auto shift : {ahead(clock - 86'400), ahead(clock + 86'400)})
            if (ahead(clock - shift) == shift) return (clock - shift) * 1000;
        return (clock - ahead(clock - 86'400)) * 1000;
    }
    return -1;
}

}  // namespace stretto::report
