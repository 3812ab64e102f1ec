#include "base/suggest.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace stretto {

std::size_t edits_between(std::string_view one, std::string_view other) {
    std::vector<std::size_t> before, last, now(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) now[j] = j;
    for (std::size_t i = 1; i <= one.size(); ++i) {
        before = std::move(last);
        last = std::move(now);
        now.assign(other.size() + 1, i);
        for (std::size_t j = 1; j <= other.size(); ++j) {
            const std::size_t change = one[i - 1] == other[j - 1] ? 0 : 1;
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
    }
    return now.back();
}

std::string nearest_word(std::string_view word, std::span<const std::string> candidates) {
    constexpr std::size_t shortest_abbreviation = 3, longest = 64;
    if (word.size() > longest) return {};
    std::string found;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const auto& candidate : candidates) {
        const bool abbreviated =
            word.size() >= shortest_abbreviation && candidate.starts_with(word);
        const auto edits = abbreviated ? 0 : edits_between(word, candidate);
        if (edits > word.size() / 3 + 1 || edits >= word.size() || edits > least) continue;
        found = edits == least ? "" : candidate;
        least = edits;
    }
    return found;
}

}  // namespace stretto
