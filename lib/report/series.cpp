#include "report/series.hpp"

#include <algorithm>

namespace stretto::report {
namespace {

constexpr std::int64_t second = 1000, hour = 3600 * second, day = 24 * hour;
/// Each divides the next, so that buckets can be joined.
constexpr std::int64_t widths[] = {5 * second, 10 * second, 60 * second, 600 * second, hour,
                                   6 * hour,   day,         7 * day,     28 * day,     364 * day};
constexpr std::int64_t most = 120;

std::int64_t begin_of(std::int64_t time_ms, std::int64_t width) { return time_ms / width * width; }

void join(Moment& to, const Moment& from) {
    to.experience.add(from.experience);
    to.traffic.add(from.traffic);
    to.listening_ms += from.listening_ms;
}

}  // namespace

void Series::cover(std::int64_t first_ms, std::int64_t last_ms) {
    first_ = first_ < 0 ? first_ms : std::min(first_, first_ms);
    last_ = std::max(last_, last_ms);
    const auto fits = [&](std::int64_t w) { return last_ / w - first_ / w < most; };
    const auto* enough = std::find_if(std::begin(widths), std::end(widths) - 1, fits);
    if (*enough == width_) return;
    width_ = *enough;
    std::map<std::int64_t, Moment> wider;
    for (const auto& [time, moment] : moments_) join(wider[begin_of(time, width_)], moment);
    moments_ = std::move(wider);
}

void Series::add(const Session& session) {
    cover(session.first_ms, session.last_ms);
    auto& start = moments_[begin_of(session.first_ms, width_)];
    start.experience.add(session);
    for (const auto& got : session.got) start.traffic.add(got);
    // a song that follows another is asked for before that has ended
    for (auto from = std::max(session.first_ms, session.sound_ms); from < session.last_ms;) {
        const auto begin = begin_of(from, width_);
        const auto to = std::min(begin + width_, session.last_ms);
        moments_[begin].listening_ms += to - from;
        from = to;
    }
}

}  // namespace stretto::report
