#include "report/series.hpp"

#include <algorithm>

#include "report/dates.hpp"

namespace stretto::report {
namespace {

constexpr std::int64_t second = 1000, hour = 3600 * second;
constexpr std::int64_t widths[] = {5 * second,  10 * second, 60 * second, 600 * second,
                                   hour,        6 * hour,    day_ms,      7 * day_ms,
                                   28 * day_ms, 364 * day_ms};
constexpr std::int64_t most = 120;

}  // namespace

Series::Series(std::int64_t from_ms, std::int64_t to_ms, const Zone& zone)
    : from_(from_ms), to_(to_ms), zone_(zone) {
    if (from_ < 0) return;
    const auto fits = [&](std::int64_t w) { return to_ / w - from_ / w < most; };
    width_ = *std::find_if(std::begin(widths), std::end(widths) - 1, fits);
}

std::int64_t Series::begin_of(std::int64_t time_ms) const {
    if (width_ < hour) return time_ms / width_ * width_;
    const auto day = zone_.day_of(time_ms);
    if (width_ >= day_ms) return zone_.begin_of(day / (width_ / day_ms) * (width_ / day_ms));
    const auto midnight = zone_.begin_of(day);
    return midnight + (time_ms - midnight) / width_ * width_;
}

std::int64_t Series::end_of(std::int64_t begin_ms) const {
    if (width_ < hour) return begin_ms + width_;
    const auto day = zone_.day_of(begin_ms);
    if (width_ >= day_ms) return zone_.begin_of(day + width_ / day_ms);
    return std::min(begin_ms + width_, zone_.begin_of(day + 1));
}

void Series::add(const Visit& visit) {
    if (covers(visit.first_ms)) moments_[begin_of(visit.first_ms)].experience.add(visit);
}

void Series::add(const Came& came) {
    if (!covers(came.time_ms)) return;
    auto& moment = moments_[begin_of(came.time_ms)];
    moment.traffic.add(Piece{came.time_ms, came.bytes, came.kept_ms}, came.source);
    moment.experience.kept_ms[came.kbps] += came.kept_ms;
}

void Series::add(Sorted<Turn>& turns) {
    std::int64_t now = 0, at = from_;
    const auto until = [&](std::int64_t time_ms) {
        // limits the time only; the number of listeners stays
        const auto stop = std::min(time_ms, to_);
        while (now > 0 && at < stop) {
            const auto begin = begin_of(at);
            const auto end = std::min(end_of(begin), stop);
            auto& moment = moments_[begin];
            moment.listening_ms += now * (end - at);
            moment.peak = std::max(moment.peak, now);
            listening_ms_ += now * (end - at);
            at = end;
        }
        if (time_ms > at) at = time_ms;
        if (now > 0 && covers(at)) peak_ = std::max(peak_, now);
    };
    turns.each([&](const Turn& turn) {
        until(turn.time_ms);
        now += turn.more;
    });
}

double Series::mean() const noexcept {
    return to_ > from_ ? static_cast<double>(listening_ms_) / static_cast<double>(to_ - from_) : 0;
}

}  // namespace stretto::report
