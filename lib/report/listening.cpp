#include "report/listening.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/farms.hpp"
#include "report/session.hpp"

namespace stretto::report {
namespace {

constexpr std::int64_t most_suspects = 10'000;
// bots stop soon after a play counts; people who skip do so much earlier
constexpr std::int64_t near_ms = 10'000, enough_plays = 100;
constexpr std::int64_t most_plays_of_a_song = 200;
constexpr std::int64_t longest_left_ms = 600'000, step_ms = 2000;

bool more(const OfListener& a, const OfListener& b) {
    return a.plays != b.plays ? a.plays > b.plays : a.key < b.key;
}

/// The first `most` elements in the order of more(); unordered until sorted.
void keep(std::vector<OfListener>& top, OfListener one, std::int64_t most) {
    if (most <= 0) return;
    if (std::ssize(top) >= most) {  // a heap whose head is the smallest
        if (!more(one, top.front())) return;
        std::pop_heap(top.begin(), top.end(), more);
        top.pop_back();
    }
    top.push_back(std::move(one));
    std::push_heap(top.begin(), top.end(), more);
}

void count(Habits& habits, const Visit& visit, std::int64_t counted, bool whole) {
    ++habits.plays;
    habits.just_counted += !whole && counted < play_ms + near_ms;
    if (visit.has(Visit::finished)) return;
    ++habits.left;
    if (counted < longest_left_ms) ++habits.left_after[counted / step_ms];
}

}  // namespace

std::string hex_key(std::uint64_t key) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out(16, '0');
    for (auto at = out.rbegin(); at != out.rend(); ++at, key >>= 4) *at = digits[key & 15];
    return out;
}

void Habits::add(const Habits& other) {
    plays += other.plays;
    just_counted += other.just_counted;
    left += other.left;
    for (const auto& [time, times] : other.left_after) left_after[time] += times;
}

std::pair<std::int64_t, std::int64_t> Habits::commonest() const {
    std::pair<std::int64_t, std::int64_t> best{0, 0};
    for (const auto& [time, times] : left_after) {
        // equal times of a machine may fall into two adjacent buckets
        const auto next = left_after.find(time + 1);
        const auto sum = times + (next == left_after.end() ? 0 : next->second);
        if (sum > best.first) best = {sum, time * step_ms / 1000};
    }
    return best;
}

void Listener::add(const Visit& visit, const Rules& rules) {
    const auto day = rules.zone.day_of(visit.first_ms);
    auto& of_day = days[day];
    auto& of_song = songs[visit.song];
    const auto room = std::max<std::int64_t>(rules.zone.length_of(day) - of_day.claimed_ms, 0);
    const auto counted = std::min<std::int64_t>(visit.heard_ms, room);
    of_day.claimed_ms += visit.heard_ms;
    const bool whole = visit.has(Visit::short_song) && counted == visit.heard_ms;
    const bool admitted = !rules.payment.require_token || visit.has(Visit::token);
    const bool play = admitted && (counted >= play_ms || whole);
    const Heap one{play, visit.has(Visit::skipped), counted};
    all.add(one);
    of_day.add(one);
    of_song.add(one);
    if (!play) return;
    of_song.late_plays += visit.first_ms >= rules.year_begins_ms;
    count(habits, visit, counted, whole);
    if (visit.address != no_name) count(networks[visit.address], visit, counted, whole);
    if (of_song.today != day) of_song.today = day, of_song.plays_today = 0;
    of_song.most_a_day = std::max(of_song.most_a_day, ++of_song.plays_today);
    most_a_day = std::max(most_a_day, of_day.plays);
}

std::string Listener::suspicion(const Zone& zone) const {
    for (const auto& [day, of_day] : days)
        if (of_day.claimed_ms > zone.length_of(day)) return "more than 24 hours in a day";
    if (all.plays >= enough_plays && habits.just_counted * 10 >= all.plays * 9)
        return "leaves songs just after they count";
    if (const auto [times, after_s] = habits.commonest();
        habits.left >= enough_plays && times * 10 >= habits.left * 9)
        return text("leaves songs always after ", after_s, " s");
    for (const auto& [song, of_song] : songs)
        if (of_song.most_a_day >= most_plays_of_a_song)
            return text("a song ", most_plays_of_a_song, " times in a day");
    return {};
}

void each_listener(Visits& visits, const Rules& rules,
                   const std::function<void(const Listener&)>& take) {
    Listener listener;
    bool any = false;
    visits.each([&](const Visit& visit) {
        if (!rules.dates.known(visit.first_ms, visit.has(Visit::by_server))) return;
        if (visit.heard_ms == 0 && !visit.has(Visit::skipped)) return;
        if (any && visit.listener != listener.key) {
            take(listener);
            listener = {};
        }
        any = true;
        listener.key = visit.listener;
        listener.add(visit, rules);
    });
    if (any) take(listener);
}

Listening sum_up(Visits& visits, const Rules& rules, const Tagged& tagged, const Farms& farms) {
    Listening sum;
    sum.songs.resize(rules.names.songs.size());
    each_listener(visits, rules, [&](const Listener& listener) {
        OfListener one;
        static_cast<Heap&>(one) = listener.all;
        one.key = listener.key;
        one.songs = std::ssize(listener.songs);
        one.suspicion = farms.suspicion(listener);
        const bool paid = one.suspicion.empty() || rules.payment.pay_suspects;
        ++sum.listeners;
        for (const auto& [song, of] : listener.songs) {
            (tagged.pays(song) ? sum.all : sum.outside).add(of);
            auto& to = sum.songs[song];
            to.add(of);
            to.listeners += of.plays > 0;
            sum.unpaid_plays += paid ? 0 : of.plays;
            if (!tagged.pays(song) || !paid) continue;
            to.paid_plays += of.plays;
            to.paid_late_plays += of.late_plays;
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
        keep(sum.top, std::move(one), rules.payment.top);
    });
    std::sort(sum.top.begin(), sum.top.end(), more);
    std::sort(sum.suspects.begin(), sum.suspects.end(), more);
    return sum;
}

std::vector<std::uint64_t> weigh(Visits& visits, const Rules& rules, const Tagged& tagged,
                                 const Farms& farms, const Listening& listening) {
    const auto& payment = rules.payment;
    std::vector<std::uint64_t> weights(listening.songs.size());
    const auto counts = [&](Name song) {
        return tagged.pays(song) && listening.songs[song].paid_late_plays >= payment.min_plays;
    };
    if (!payment.user_centric) {
        for (Name song = 0; song < weights.size(); ++song)
            if (counts(song))
                weights[song] = static_cast<std::uint64_t>(listening.songs[song].paid_plays);
        return weights;
    }
    each_listener(visits, rules, [&](const Listener& listener) {
        if (!payment.pay_suspects && !farms.suspicion(listener).empty()) return;
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
