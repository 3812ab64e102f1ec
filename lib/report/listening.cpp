#include "report/listening.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/session.hpp"

namespace stretto::report {
namespace {

constexpr std::int64_t year_ms = 365 * day_ms;
constexpr std::int64_t most_suspects = 10'000;
// bots are seen to stop where the money begins; people who skip do so long before
constexpr std::int64_t near_ms = 10'000, enough_plays = 100;
constexpr std::int64_t most_plays_of_a_song = 200;

bool more(const OfListener& a, const OfListener& b) {
    return a.plays != b.plays ? a.plays > b.plays : a.key < b.key;
}

/// The `most` first by more(), in any order until tidy().
void keep(std::vector<OfListener>& top, OfListener one, std::int64_t most) {
    if (most <= 0) return;
    if (std::ssize(top) >= most) {  // a heap whose head is the least
        if (!more(one, top.front())) return;
        std::pop_heap(top.begin(), top.end(), more);
        top.pop_back();
    }
    top.push_back(std::move(one));
    std::push_heap(top.begin(), top.end(), more);
}

std::int64_t begin_of_year(std::int64_t ends) { return ends - year_ms; }

}  // namespace

void Listener::add(const Heard& heard, std::int64_t year_begins_ms) {
    const auto day = heard.first_ms / day_ms;
    auto& of_day = days[day];
    auto& of_song = songs[heard.song];
    const auto room = std::max<std::int64_t>(day_ms - of_day.claimed_ms, 0);
    const auto counted = std::min<std::int64_t>(heard.heard_ms, room);
    of_day.claimed_ms += heard.heard_ms;
    const bool whole = heard.short_song && counted == heard.heard_ms;
    const bool play = counted >= play_ms || whole;
    const Heap one{play, heard.skipped, counted};
    all.add(one);
    of_day.add(one);
    of_song.add(one);
    if (!play) return;
    of_song.late_plays += heard.first_ms >= year_begins_ms;
    just_counted += !whole && counted < play_ms + near_ms;
    if (of_song.today != day) of_song.today = day, of_song.plays_today = 0;
    of_song.most_a_day = std::max(of_song.most_a_day, ++of_song.plays_today);
}

std::string Listener::suspicion() const {
    for (const auto& [day, of_day] : days)
        if (of_day.claimed_ms > day_ms) return "more than 24 hours in a day";
    if (all.plays >= enough_plays && just_counted * 10 >= all.plays * 9)
        return "leaves songs just after they count";
    for (const auto& [song, of_song] : songs)
        if (of_song.most_a_day >= most_plays_of_a_song)
            return text("a song ", most_plays_of_a_song, " times in a day");
    return {};
}

void each_listener(Plays& plays, std::int64_t year_begins_ms,
                   const std::function<void(const Listener&)>& take) {
    Listener listener;
    bool any = false;
    plays.each([&](const Heard& heard) {
        if (any && heard.listener != listener.key) {
            take(listener);
            listener = {};
        }
        any = true;
        listener.key = heard.listener;
        listener.add(heard, year_begins_ms);
    });
    if (any) take(listener);
}

Listening sum_up(Plays& plays, std::size_t songs, std::int64_t year_ends_ms,
                 const Payment& payment) {
    Listening sum;
    sum.songs.resize(songs);
    each_listener(plays, begin_of_year(year_ends_ms), [&](const Listener& listener) {
        OfListener one;
        static_cast<Heap&>(one) = listener.all;
        one.key = listener.key;
        one.songs = std::ssize(listener.songs);
        one.suspicion = listener.suspicion();
        const bool paid = one.suspicion.empty() || payment.pay_suspects;
        sum.all.add(listener.all);
        ++sum.listeners;
        for (const auto& [song, of] : listener.songs) {
            auto& to = sum.songs[song];
            to.add(of);
            to.listeners += of.plays > 0;
            to.paid_plays += paid ? of.plays : 0;
            to.paid_late_plays += paid ? of.late_plays : 0;
        }
        for (const auto& [day, of] : listener.days) {
            auto& to = sum.days[day];
            to.add(of);
            ++to.listeners;
        }
        if (!one.suspicion.empty()) {
            ++sum.suspect_listeners;
            keep(sum.suspects, one, most_suspects);
        }
        keep(sum.top, std::move(one), payment.top);
    });
    std::sort(sum.top.begin(), sum.top.end(), more);
    std::sort(sum.suspects.begin(), sum.suspects.end(), more);
    return sum;
}

std::vector<std::uint64_t> weigh(Plays& plays, const Listening& listening,
                                 std::int64_t year_ends_ms, const Payment& payment) {
    std::vector<std::uint64_t> weights(listening.songs.size());
    const auto counts = [&](Name song) {
        return listening.songs[song].paid_late_plays >= payment.min_plays;
    };
    if (!payment.user_centric) {
        for (Name song = 0; song < weights.size(); ++song)
            if (counts(song))
                weights[song] = static_cast<std::uint64_t>(listening.songs[song].paid_plays);
        return weights;
    }
    each_listener(plays, begin_of_year(year_ends_ms), [&](const Listener& listener) {
        if (!payment.pay_suspects && !listener.suspicion().empty()) return;
        std::uint64_t all = 0;
        for (const auto& [song, of] : listener.songs)
            if (counts(song)) all += static_cast<std::uint64_t>(of.plays);
        if (all == 0) return;
        for (const auto& [song, of] : listener.songs)
            if (counts(song))
                weights[song] += 1'000'000'000 * static_cast<std::uint64_t>(of.plays) / all;
    });
    return weights;
}

}  // namespace stretto::report
