#include "song/removals.hpp"

#include <charconv>
#include <optional>

#include "song/id.hpp"

namespace stretto::song {
namespace {

constexpr std::size_t most_digits = 15;  // more than 30,000 years

std::optional<Removal> parse_line(std::string_view line) {
    const auto space = line.find(' ');
    if (space == 0 || space > most_digits) return {};
    const auto digits = line.substr(0, space);
    if (digits.size() > 1 && digits[0] == '0') return {};
    Removal removal;
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), removal.ms);
    if (code != std::errc{} || end != digits.data() + digits.size() || removal.ms < 0) return {};
    removal.id = line.substr(space + 1);
    if (!is_id(removal.id)) return {};
    return removal;
}

}  // namespace

Result<std::vector<Removal>> parse_removals(std::string_view text) {
    if (text.size() > most_removals_bytes) return Malformed{"the removal log is too long"};
    std::vector<Removal> all;
    for (std::size_t at = 0;;) {
        const auto end = text.find('\n', at);
        if (end == std::string_view::npos) return all;
        auto removal = parse_line(text.substr(at, end - at));
        if (!removal) return Malformed{stretto::text("line ", all.size() + 1, " is no removal")};
        if (all.size() == most_removals) return Malformed{"the removal log has too many lines"};
        all.push_back(std::move(*removal));
        at = end + 1;
    }
}

std::string print_removals(const std::vector<Removal>& removals) {
    std::string out;
    for (const auto& [ms, id] : removals) out += text(ms, ' ', id, '\n');
    return out;
}

}  // namespace stretto::song
