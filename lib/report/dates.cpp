#include "report/dates.hpp"

#include <algorithm>
#include <vector>

namespace stretto::report {
namespace {

constexpr std::int64_t near_days = 31;      // days at most this far apart form a cluster
constexpr std::int64_t far_days = 366;      // clocks that were never set differ by more
constexpr std::int64_t most_span = day_ms;  // of one session; limits the end of the last day

}  // namespace

void Dates::Day::add(std::int64_t first, std::int64_t last) {
    first_ms = sessions == 0 ? first : std::min(first_ms, first);
    last_ms = std::max(last_ms, std::min(last, first + most_span));
    ++sessions;
}

void Dates::add(std::int64_t first_ms, std::int64_t last_ms, bool by_server) {
    (by_server ? by_server_ : told_)[first_ms / day_ms].add(first_ms, last_ms);
}

void Dates::settle(std::int64_t now_ms) {
    std::int64_t all = 0, ahead = 0;
    auto days = told_;
    for (const auto& [day, of] : by_server_) {
        auto& to = days[day];
        to.first_ms = to.sessions == 0 ? of.first_ms : std::min(to.first_ms, of.first_ms);
        to.last_ms = std::max(to.last_ms, of.last_ms);
        to.sessions += of.sessions;
    }
    const auto tomorrow = now_ms / day_ms + 1;
    for (const auto& [day, of] : days) {
        all += of.sessions;
        if (day > tomorrow) ahead += of.sessions;
    }
    if (all == 0) return;
    const bool bounded = ahead * 2 <= all;

    struct Heap {
        std::int64_t first, last, sessions;
    };
    std::vector<Heap> heaps;
    for (const auto& [day, of] : days) {
        if (bounded && day > tomorrow) break;
        if (!heaps.empty() && day - heaps.back().last <= near_days) {
            heaps.back().last = day;
            heaps.back().sessions += of.sessions;
        } else {
            heaps.push_back({day, day, of.sessions});
        }
    }
    const auto most =
        std::max_element(heaps.begin(), heaps.end(),
                         [](const auto& a, const auto& b) { return a.sessions < b.sessions; });
    const auto counts = [&](const Heap& heap) { return heap.sessions * 1000 > all; };
    auto low = most, high = most;
    while (low != heaps.begin() && low->first - (low - 1)->last <= far_days && counts(*(low - 1)))
        --low;
    while (high + 1 != heaps.end() && (high + 1)->first - high->last <= far_days &&
           counts(*(high + 1)))
        ++high;
    least_ms_ = low->first * day_ms;
    most_ms_ = (high->last + 1) * day_ms;

    // the period shown: a few sessions far from all others must not turn a week into a year
    std::vector<std::pair<std::int64_t, Day>> shown;
    std::int64_t sum = 0;
    for (const auto& [day, of] : days) {
        const bool in = day >= low->first && day <= high->last;
        if (in || by_server_.contains(day)) shown.emplace_back(day, of), sum += of.sessions;
    }
    const auto few = sum < 100 ? 0 : std::max<std::int64_t>(1, sum / 1000);
    std::size_t begin = 0, end = shown.size();
    std::int64_t left_off = 0;
    for (std::size_t i = 0; i + 1 < shown.size(); ++i) {
        if ((left_off += shown[i].second.sessions) > few) break;
        if (shown[i + 1].first - shown[i].first > 1) begin = i + 1;
    }
    left_off = 0;
    for (std::size_t i = shown.size() - 1; i > begin; --i) {
        if ((left_off += shown[i].second.sessions) > few) break;
        if (shown[i].first - shown[i - 1].first > 1) end = i;
    }
    from_ms_ = shown[begin].second.first_ms;
    to_ms_ = 0;
    for (std::size_t i = begin; i < end; ++i) to_ms_ = std::max(to_ms_, shown[i].second.last_ms);
}

}  // namespace stretto::report
