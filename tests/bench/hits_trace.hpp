#pragma once
// What the listeners near one edge ask it for: a made-up week of chunk requests, the same for the
// same seed. tests/bench/README.md says where the numbers come from.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace hits {

struct Object {
    std::uint32_t song;
    std::uint16_t chunk;
    std::uint16_t chunks;  ///< in its song
    std::uint16_t kbps;
    std::uint32_t bytes;
};

struct Trace {
    std::vector<Object> objects;          ///< those that were requested at least once
    std::vector<std::uint32_t> requests;  ///< indexes into objects, in order of time
    std::uint64_t distinct_bytes = 0;     ///< of objects
    std::uint64_t plays = 0;
    std::uint64_t skips = 0;  ///< plays that stopped before the end
};

/// The shape of the week.
struct Shape {
    std::uint64_t requests = 20'000'000;
    std::uint64_t seed = 1;
    std::uint32_t songs = 1'000'000;
    double exponent = 1.02;
    std::uint32_t listeners = 350;  ///< listening at any moment: 2*10^7 requests are a week
    double mean_seconds = 210;      ///< length of a song
    double releases_an_hour = 20;   ///< songs that come out during the week
    double release_share = 0.15;    ///< of all plays
    double album_share = 0.1;       ///< of sessions: one record from end to end, popular or not
    std::array<double, 3> kbps_share = {0.25, 0.45, 0.30};
};

inline constexpr std::array<std::uint16_t, 3> kbps_steps = {96, 160, 320};

/// Draws that do not depend on the standard library's distributions.
class Dice {
   public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    double unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(unit() * n); }

   private:
    std::mt19937_64 engine_;
};

/// The same value in 0..1 for the same song and salt, at no memory.
inline double trait(std::uint64_t song, std::uint64_t salt) {
    std::uint64_t x = song * 0x9e3779b97f4a7c15 + salt * 0xd1b54a32d192ed03 + 1;
    for (int i = 0; i < 3; ++i) x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9;
    return static_cast<double>(x >> 11) * 0x1p-53;
}

class Generator {
   public:
    explicit Generator(const Shape& shape) : shape_(shape), dice_(shape.seed) {
        rank_ends_.resize(shape.songs);
        double sum = 0;
        for (std::uint32_t r = 0; r < shape.songs; ++r)
            rank_ends_[r] = sum += std::pow(r + 1.0, -shape.exponent);
        // a listener asks for some 300 chunks an hour, most of a play's at its start
        const auto hours = static_cast<double>(shape.requests) / shape.listeners / 250;
        coming_ =
            static_cast<std::uint32_t>(shape.releases_an_hour * (hours + history_hours)) + 100;
        first_.resize(shape.songs + coming_ + 1);
        for (std::uint32_t s = 0; s < shape.songs + coming_; ++s)
            first_[s + 1] = first_[s] + 3U * chunks_of(s);
        number_.assign(first_.back(), none);
    }

    Trace run() {
        std::vector<Listener> listeners(shape_.listeners);
        std::vector<std::vector<std::uint32_t>> wheel(1024);  // what happens in each second to come
        for (std::uint32_t l = 0; l < shape_.listeners; ++l) wheel[dice_.below(200)].push_back(l);
        trace_.requests.reserve(shape_.requests);
        for (now_ = -history_hours * 3600; now_ < 0; now_ += 600) release();
        for (now_ = 0; trace_.requests.size() < shape_.requests; ++now_) {
            if (now_ % 600 == 0) release();
            auto& due = wheel[static_cast<std::size_t>(now_) % wheel.size()];
            for (std::size_t i = 0; i < due.size(); ++i) {  // grows while walked
                const auto wait = step(listeners[due[i]]);
                wheel[(static_cast<std::size_t>(now_) + wait) % wheel.size()].push_back(due[i]);
            }
            due.clear();
        }
        for (const auto& object : trace_.objects) trace_.distinct_bytes += object.bytes;
        return std::move(trace_);
    }

   private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr int history_hours = 96;  ///< of releases before the week begins

    struct Listener {
        std::uint32_t song = 0;
        int rendition = 0;
        int left = 0;           ///< songs until this session ends and somebody else begins
        bool album = false;     ///< the next song is the neighbour
        int chunk = 0;          ///< next to ask for
        int wanted = 0;         ///< chunks that this play asks for in all
        std::int64_t ends = 0;  ///< when the next play begins
        std::int64_t began = 0;
    };
    struct Release {
        std::uint32_t song;
        double peak;
        std::int64_t born;
    };

    // 210 s +- 60, and a few long ones; the last chunk takes a short tail in, so 10 s is the least.
    double seconds_of(std::uint32_t song) const {
        double sum = -3;
        for (std::uint64_t i = 0; i < 6; ++i) sum += trait(song, i);
        const double long_one = trait(song, 7) < 0.03 ? 2.5 : 1;
        return std::max(20.0, (shape_.mean_seconds * 0.955 + sum * 85) * long_one);
    }
    std::uint32_t chunks_of(std::uint32_t song) const {
        return static_cast<std::uint32_t>(seconds_of(song) / 10 + 0.5);
    }
    std::uint32_t bytes_of(std::uint32_t song, std::uint32_t chunk, std::uint32_t rendition) const {
        const auto n = chunks_of(song);
        const double seconds = chunk + 1 < n ? 10 : seconds_of(song) - 10.0 * (n - 1);
        // VBR: songs differ by a fifth from the nominal rate, chunks by a tenth from their song
        const double rate = (0.8 + 0.3 * trait(song, 8)) * (0.9 + 0.2 * trait(song, 100 + chunk));
        return static_cast<std::uint32_t>(4500 + seconds * kbps_steps[rendition] * 125 * rate);
    }

    /// When chunk k is asked for, in seconds since the play began. As stretto-play does: 15 s ahead
    /// until 30 s have been heard, then 30 s.
    static std::int64_t asked_at(int k) {
        if (k < 2) return 0;
        if (k < 5) return 10 * k - 15;
        return std::max(30, 10 * k - 30);
    }

    /// A song's weight among all by hour of its life: up within half a day, then half every day
    /// and a half.
    double weight(const Release& r) const {
        const double days = (now_ - r.born) / 86400.0;
        return r.peak * std::min(1.0, days / 0.5) * std::exp2(-std::max(0.0, days - 0.5) / 1.5);
    }
    /// Ten minutes' worth of new songs.
    void release() {
        to_come_ += shape_.releases_an_hour / 6;
        for (; to_come_ >= 1 && released_ < coming_; to_come_ -= 1) {
            const double rank = std::pow(10, dice_.between(0, 5));
            releases_.push_back(
                {shape_.songs + released_++, std::pow(rank, -shape_.exponent), now_});
        }
        release_ends_.clear();
        double sum = 0;
        for (const auto& r : releases_) release_ends_.push_back(sum += weight(r));
    }

    static std::uint32_t pick(const std::vector<double>& ends, double at) {
        return static_cast<std::uint32_t>(
            std::min<std::ptrdiff_t>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin(),
                                     static_cast<std::ptrdiff_t>(ends.size()) - 1));
    }
    std::uint32_t choose_song() {
        if (dice_.unit() < shape_.release_share)
            return releases_[pick(release_ends_, dice_.unit() * release_ends_.back())].song;
        return pick(rank_ends_, dice_.unit() * rank_ends_.back());
    }

    /// Seconds until a play ends. Lamere (Spotify, 2014): 24 % of plays are skipped within 5 s, 29
    /// % within 10 s, 35 % within 30 s, 49 % before the end. Songs differ: some are skipped half as
    /// often, some half as often again. Who plays a whole record skips a third as often.
    double seconds_heard(std::uint32_t song, bool album) {
        const double whole = seconds_of(song);
        const double often = (0.5 + trait(song, 9)) * (album ? 0.35 : 1.03);
        const double u = dice_.unit() / often;
        if (u < 0.24) return dice_.between(1, 5);
        if (u < 0.29) return dice_.between(5, 10);
        if (u < 0.35) return dice_.between(10, std::min(30.0, whole));
        if (u < 0.486) return dice_.between(std::min(30.0, whole), whole);
        return whole;
    }

    void begin(Listener& l) {
        if (l.left == 0) {
            begin_session(l);
        } else {
            // a record holds songs of any rank
            l.song = l.album ? (l.song + 79'999) % shape_.songs : choose_song();
        }
        --l.left;
        const double seconds = seconds_heard(l.song, l.album);
        l.began = now_;
        l.ends = now_ + static_cast<std::int64_t>(seconds) + 1;
        l.chunk = 0;
        l.wanted = 1;
        const int n = static_cast<int>(chunks_of(l.song));
        while (l.wanted < n && asked_at(l.wanted) < seconds) ++l.wanted;
        ++trace_.plays;
        trace_.skips += seconds < seconds_of(l.song);
    }
    /// Somebody else sits down: 12 songs of a record, or about as many of any kind.
    void begin_session(Listener& l) {
        l.album = dice_.unit() < shape_.album_share;
        l.left = l.album ? 12 : 1 + static_cast<int>(-std::log(1 - dice_.unit()) * 11);
        const double u = dice_.unit();
        l.rendition = u < shape_.kbps_share[0]                          ? 0
                      : u < shape_.kbps_share[0] + shape_.kbps_share[1] ? 1
                                                                        : 2;
        l.song = choose_song();
    }
    /// Ask for what is due; how many seconds until this listener does something again, at least 1.
    std::uint32_t step(Listener& l) {
        if (now_ >= l.ends) begin(l);
        while (l.chunk < l.wanted && l.began + asked_at(l.chunk) <= now_) ask(l);
        const auto next = l.chunk < l.wanted ? l.began + asked_at(l.chunk) : l.ends;
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(next - now_, 1, 1000));
    }
    void ask(Listener& l) {
        const auto k = static_cast<std::uint32_t>(l.chunk++);
        if (trace_.requests.size() == shape_.requests) return;
        const auto n = chunks_of(l.song);
        const auto r = static_cast<std::uint32_t>(l.rendition);
        auto& number = number_[first_[l.song] + r * n + k];
        if (number == none) {
            number = static_cast<std::uint32_t>(trace_.objects.size());
            trace_.objects.push_back({l.song, static_cast<std::uint16_t>(k),
                                      static_cast<std::uint16_t>(n), kbps_steps[r],
                                      bytes_of(l.song, k, r)});
        }
        trace_.requests.push_back(number);
    }

    Shape shape_;
    Dice dice_;
    std::int64_t now_ = 0;  ///< seconds since the week began
    std::vector<double> rank_ends_;
    std::uint32_t coming_ = 0, released_ = 0;
    double to_come_ = 0;
    std::vector<Release> releases_;
    std::vector<double> release_ends_;
    std::vector<std::uint32_t> first_;   ///< of each song in number_
    std::vector<std::uint32_t> number_;  ///< of each chunk in trace_.objects
    Trace trace_;
};

}  // namespace hits
