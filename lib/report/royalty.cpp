#include "report/royalty.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace stretto::report {

std::optional<std::int64_t> parse_cents(std::string_view text) {
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    auto part = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
    if (whole.empty() || whole.size() > 12 || part.size() > 2 || (dot != text.npos && part.empty()))
        return {};
    std::int64_t cents = 0;
    for (const char c : whole) {
        if (c < '0' || c > '9') return {};
        cents = cents * 10 + (c - '0');
    }
    for (std::size_t i = 0; i < 2; ++i) {
        const char c = i < part.size() ? part[i] : '0';
        if (c < '0' || c > '9') return {};
        cents = cents * 10 + (c - '0');
    }
    return cents;
}

std::vector<std::int64_t> share(std::int64_t cents, const std::vector<std::uint64_t>& weights) {
    __extension__ using Wide = unsigned __int128;
    std::vector<std::int64_t> shares(weights.size());
    const Wide sum = std::accumulate(weights.begin(), weights.end(), Wide{});
    if (sum == 0) return shares;
    std::vector<std::pair<Wide, std::size_t>> remainders;
    remainders.reserve(weights.size());
    std::int64_t left = cents;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const Wide exact = Wide{weights[i]} * static_cast<std::uint64_t>(cents);
        shares[i] = static_cast<std::int64_t>(exact / sum);
        left -= shares[i];
        remainders.emplace_back(exact % sum, i);
    }
    std::sort(remainders.begin(), remainders.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (std::size_t i = 0; i < static_cast<std::size_t>(left); ++i) ++shares[remainders[i].second];
    return shares;
}

}  // namespace stretto::report
