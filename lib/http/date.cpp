#include "http/date.hpp"

#include <array>
#include <charconv>
#include <cstdio>

#include "http/message.hpp"

namespace stretto::http {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Parses a date from its beginning; after the first mismatch, ok() is false.
/// Letters are compared without regard to case, as RFC 9111 4.2 asks of caches.
class Reader {
   public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool ok() const noexcept { return ok_; }
    bool at_end() const noexcept { return ok_ && rest_.empty(); }

    bool skip(std::string_view literal) {
        if (!same_token(rest_.substr(0, literal.size()), literal)) return ok_ = false;
        rest_.remove_prefix(literal.size());
        return true;
    }
    /// Exactly `digits` digits; the first may be a blank where `padded`.
    int number(std::size_t digits, bool padded = false) {
        auto text = rest_.substr(0, digits);
        if (padded && text.starts_with(' ')) text.remove_prefix(1);
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (rest_.size() < digits || error != std::errc{} || end != text.data() + text.size() ||
            value < 0) {
            ok_ = false;
            return 0;
        }
        rest_.remove_prefix(digits);
        return value;
    }
    /// The index of the next name in a list, compared by its first `letters` letters.
    template <std::size_t N>
    unsigned one_of(const std::array<std::string_view, N>& names, std::size_t letters) {
        for (unsigned i = 0; i < N; ++i)
            if (const auto name = names[i].substr(0, letters);
                same_token(rest_.substr(0, name.size()), name)) {
                rest_.remove_prefix(name.size());
                return i;
            }
        ok_ = false;
        return 0;
    }
    month month_name() { return month{one_of(months, 3) + 1}; }
    Seconds time_of_day() {
        const int hours = number(2);
        skip(":");
        const int minutes = number(2);
        skip(":");
        const int seconds = number(2);
        // 60: a leap second
        if (hours > 23 || minutes > 59 || seconds > 60) ok_ = false;
        return std::chrono::hours{hours} + std::chrono::minutes{minutes} + Seconds{seconds};
    }

   private:
    std::string_view rest_;
    bool ok_ = true;
};

std::optional<Time> time_of(const Reader& reader, std::chrono::year_month_day date,
                            Seconds time_of_day) {
    if (!reader.at_end() || !date.ok()) return std::nullopt;
    return std::chrono::sys_days{date} + time_of_day;
}

/// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Time> parse_fixdate(std::string_view text) {
    Reader in{text};
    in.one_of(weekdays, 3);
    in.skip(", ");
    const day d{static_cast<unsigned>(in.number(2))};
    in.skip(" ");
    const month m = in.month_name();
    in.skip(" ");
    const year y{in.number(4)};
    in.skip(" ");
    const auto time = in.time_of_day();
    in.skip(" GMT");
    return time_of(in, y / m / d, time);
}

/// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<Time> parse_rfc850(std::string_view text, Time now) {
    Reader in{text};
    in.one_of(weekdays, std::string_view::npos);
    in.skip(", ");
    const day d{static_cast<unsigned>(in.number(2))};
    in.skip("-");
    const month m = in.month_name();
    in.skip("-");
    const int two_digits = in.number(2);
    in.skip(" ");
    const auto time = in.time_of_day();
    in.skip(" GMT");
    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
    const int this_year = static_cast<int>(today.year());
    const year y{this_year - this_year % 100 + two_digits};
    const auto date = time_of(in, y / m / d, time);
    // the same day may not exist in another century: 29 Feb
    const auto fifty_years_on = std::chrono::sys_days{(today.year() + std::chrono::years{50}) /
                                                      today.month() / std::chrono::last};
    if (date && *date > fifty_years_on)
        return time_of(in, (y - std::chrono::years{100}) / m / d, time);
    return date;
}

/// Sun Nov  6 08:49:37 1994
std::optional<Time> parse_asctime(std::string_view text) {
    Reader in{text};
    in.one_of(weekdays, 3);
    in.skip(" ");
    const month m = in.month_name();
    in.skip(" ");
    const day d{static_cast<unsigned>(in.number(2, true))};
    in.skip(" ");
    const auto time = in.time_of_day();
    in.skip(" ");
    const year y{in.number(4)};
    return time_of(in, y / m / d, time);
}

}  // namespace

std::optional<Time> parse_date(std::string_view text, Time now) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos) return parse_asctime(text);
    return comma == 3 ? parse_fixdate(text) : parse_rfc850(text, now);
}

std::string print_date(Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{days};
    const std::chrono::hh_mm_ss clock{time - days};
    const auto weekday = weekdays[std::chrono::weekday{days}.c_encoding()].substr(0, 3);
    const auto name = months[static_cast<unsigned>(date.month()) - 1];
    char out[64];
    const int n = std::snprintf(
        out, sizeof out, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", weekday.data(),
        static_cast<unsigned>(date.day()), name.data(), static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {out, static_cast<std::size_t>(n)};
}

}  // namespace stretto::http
