#include "report/access.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "events/reader.hpp"

namespace stretto::report {
namespace {

/// The rest of a line. Each call removes its first part, or marks the line as invalid.
class Rest {
   public:
    explicit Rest(std::string_view text) : text_(text) {}

    bool failed() const noexcept { return failed_; }
    bool over() const noexcept { return text_.empty(); }

    /// The part up to `end`, which is removed too.
    std::string_view until(std::string_view end) {
        const auto at = text_.find(end);
        if (at == std::string_view::npos) return fail();
        const auto part = text_.substr(0, at);
        text_.remove_prefix(at + end.size());
        return part;
    }
    /// A word, or the whole rest.
    std::string_view word() {
        const auto part = text_.substr(0, text_.find(' '));
        text_.remove_prefix(std::min(text_.size(), part.size() + 1));
        return part.empty() ? fail() : part;
    }
    /// "..." followed by a blank or the end; quotes inside are escaped.
    std::string_view quoted() {
        if (!text_.starts_with('"')) return fail();
        text_.remove_prefix(1);
        const auto part = until("\"");
        if (text_.empty()) return part;
        if (text_[0] != ' ') return fail();
        text_.remove_prefix(1);
        return part;
    }
    std::int64_t number() {
        const auto digits = word();
        std::int64_t value = 0;
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        const bool whole = code == std::errc{} && end == digits.data() + digits.size();
        if (!whole || value < 0 || value > events::most_number) fail();
        return value;
    }

   private:
    std::string_view fail() {
        failed_ = true;
        text_ = {};
        return {};
    }

    std::string_view text_;
    bool failed_ = false;
};

int two_digits(std::string_view text, std::size_t at) {
    int value = -1;
    const char* end = text.data() + at + 2;
    return std::from_chars(text.data() + at, end, value).ptr == end ? value : -1;
}

/// "27/Nov/2026:18:13:20 +0000", our servers write no other zone.
std::optional<std::int64_t> parse_time(std::string_view text) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 26 || !text.ends_with(" +0000") || text[2] != '/' || text[6] != '/' ||
        text[11] != ':' || text[14] != ':' || text[17] != ':')
        return {};
    const auto month = months.find(text.substr(3, 3));
    const int day = two_digits(text, 0), century = two_digits(text, 7), year = two_digits(text, 9),
              hour = two_digits(text, 12), minute = two_digits(text, 15),
              second = two_digits(text, 18);
    if (month == std::string_view::npos || month % 3 != 0 || day < 1 || century < 0 || year < 0 ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return {};
    const std::chrono::year_month_day date{std::chrono::year{century * 100 + year},
                                           std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return {};
    const std::chrono::sys_seconds time = std::chrono::sys_days{date} + std::chrono::hours{hour} +
                                          std::chrono::minutes{minute} +
                                          std::chrono::seconds{second};
    return time.time_since_epoch().count() * 1000;
}

std::string_view without_dash(std::string_view text) {
    return text == "-" ? std::string_view{} : text;
}

}  // namespace

std::optional<Access> parse_access(std::string_view line) {
    Access access;
    Rest rest{line};
    const auto who = rest.until(" [");
    access.address = who.substr(0, who.find(' '));
    const auto time = parse_time(rest.until("] "));
    access.request = rest.quoted();
    const auto status = rest.number();
    access.bytes = rest.number();
    access.referer = rest.quoted();
    rest.quoted();  // agent
    access.cache = rest.word();
    rest.number();  // ms
    if (!rest.over()) {
        access.session = without_dash(rest.quoted());
        access.via = without_dash(rest.quoted());
    }
    const bool known = access.cache == "HIT" || access.cache == "MISS" || access.cache == "-";
    const bool sane = time && *time >= 0 && *time <= events::most_time_ms && status < 1000;
    if (rest.failed() || !rest.over() || !known || !sane) return {};
    if (access.session.size() > events::most_name_bytes * 4) return {};  // each byte may be \xHH
    access.time_ms = *time;
    access.status = static_cast<int>(status);
    return access;
}

std::string server_of_log(const std::string& path) {
    const auto name = std::filesystem::path{path}.filename().string();
    return name.substr(0, name.find('.'));
}

}  // namespace stretto::report
