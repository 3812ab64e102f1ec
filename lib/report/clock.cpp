#include "report/clock.hpp"

#include <algorithm>

#include "events/reader.hpp"

namespace stretto::report {
namespace {

// more than the lines of a shuffled day have; further lines get no time
constexpr std::size_t most_stretches = 256;

void join(Clock::Stretch& to, const Clock::Stretch& from) {
    to.first_ms = std::min(to.first_ms, from.first_ms);
    to.last_ms = std::max(to.last_ms, from.last_ms);
    to.lines += from.lines;
    to.offset_ms = std::min(to.offset_ms, from.offset_ms);
    to.behind_ms = std::min(to.behind_ms, from.behind_ms);
}

}  // namespace

void Clock::add(std::int64_t time_ms, std::int64_t sent_ms, std::int64_t received_ms) {
    Stretch line{time_ms, time_ms, 1, none, none};
    if (received_ms >= 0) {
        received_ = std::max(received_, received_ms);
        line.behind_ms = received_ms - time_ms;
        const auto age = sent_ms - time_ms;
        if (sent_ms >= 0 && age >= 0 && age <= most_age_ms) {
            line.offset_ms = received_ms - sent_ms;
            begun_ = std::min(begun_, received_ms - age);
        }
    }
    const auto near = [](const Stretch& a, const Stretch& b) {
        return a.first_ms - b.last_ms <= silence_ms && b.first_ms - a.last_ms <= silence_ms;
    };
    if (!stretches_.empty() && near(stretches_.back(), line) &&
        time_ms >= stretches_.back().first_ms)
        return join(stretches_.back(), line);  // the usual case
    auto at = std::find_if(stretches_.begin(), stretches_.end(),
                           [&](const auto& s) { return s.last_ms + silence_ms >= time_ms; });
    if (at == stretches_.end() || !near(*at, line)) {
        if (stretches_.size() < most_stretches) stretches_.insert(at, line);
        return;
    }
    join(*at, line);
    if (const auto next = at + 1; next != stretches_.end() && near(*at, *next)) {
        join(*at, *next);
        stretches_.erase(next);
    }
}

Clock::Placed Clock::place(std::int64_t now_ms) const {
    std::vector<Stretch> clocks;  // stretches joined across pauses
    for (const auto& s : stretches_)
        if (!clocks.empty() && s.first_ms - clocks.back().last_ms <= pause_ms)
            join(clocks.back(), s);
        else
            clocks.push_back(s);
    if (clocks.empty()) return {};
    const auto told = [](const Stretch& s) { return s.offset_ms != none || s.behind_ms != none; };
    // clocks are set when a network becomes available, so the last one is right
    auto best = clocks.size() - 1;
    while (best > 0 && clocks[best].first_ms > now_ms) --best;
    for (std::size_t i = 0; i < clocks.size(); ++i)
        if (told(clocks[i]) && (!told(clocks[best]) || clocks[i].lines > clocks[best].lines))
            best = i;
    for (std::size_t i = 0; i < clocks.size(); ++i)
        if (clocks[i].offset_ms != none &&
            (clocks[best].offset_ms == none || clocks[i].lines > clocks[best].lines))
            best = i;
    const auto& clock = clocks[best];
    Placed placed;
    placed.by_server = told(clock);
    placed.offset_ms = clock.offset_ms != none   ? clock.offset_ms
                       : clock.behind_ms != none ? clock.behind_ms
                                                 : 0;
    placed.from_ms = clock.first_ms;
    placed.to_ms = clock.last_ms;
    // lines with times of other clocks came before it, or in between
    const auto least = clock.last_ms - clock.first_ms;
    placed.last_ms = std::max<std::int64_t>(clock.last_ms + placed.offset_ms, 0);
    placed.first_ms = std::max<std::int64_t>(
        placed.last_ms - (clocks.size() > 1 ? std::max(least, elapsed_ms()) : least), 0);
    return placed;
}

std::int64_t Clock::Placed::operator()(std::int64_t time_ms) const {
    if (time_ms < from_ms || time_ms > to_ms) return first_ms;
    return std::clamp(time_ms + offset_ms, first_ms, last_ms);
}

std::int64_t Clock::elapsed_ms() const {
    std::int64_t sum = 0;
    for (const auto& s : stretches_) sum += s.last_ms - s.first_ms;
    if (!stretches_.empty()) sum += (std::ssize(stretches_) - 1) * between_lines_ms;
    return begun_ == none ? sum : std::clamp<std::int64_t>(received_ - begun_, 0, sum);
}

std::int64_t Clock::lines() const {
    std::int64_t sum = 0;
    for (const auto& s : stretches_) sum += s.lines;
    return sum;
}

bool Clock::restore(std::vector<Stretch> stretches, std::int64_t begun_ms,
                    std::int64_t received_ms) {
    if (stretches.empty() || stretches.size() > most_stretches) return false;
    std::int64_t before = -silence_ms - 1;
    for (const auto& s : stretches) {
        if (s.first_ms < 0 || s.first_ms - before <= silence_ms || s.last_ms < s.first_ms ||
            s.last_ms > events::most_time_ms)
            return false;
        before = s.last_ms;
    }
    stretches_ = std::move(stretches);
    begun_ = begun_ms;
    received_ = received_ms;
    return true;
}

}  // namespace stretto::report
