#include "report/compare.hpp"

#include <cmath>

namespace stretto::report {
namespace {

// inputs of the article
constexpr double listeners = 574e6, songs_a_day = 40, song_mb = 8.4, dollars_a_gb = 0.08,
                 total_a_year = 680e6, from_cdn = 0.4, licence = 0.02, streams_a_day = 8.4e9;
constexpr double days = 365;

constexpr double gb_a_day = listeners * songs_a_day * song_mb / 1000;
constexpr double dollars_a_day = gb_a_day * dollars_a_gb;
constexpr double dollars_a_year = dollars_a_day * days;

/// Rounded to as many digits as the claim has.
bool follows(double computed, double claimed, double within) {
    return std::abs(computed - claimed) <= within * claimed;
}

struct Rows {
    Table& table;
    /// @param within  accepted difference from the claim, because the claim is rounded
    void claim(const char* what, const char* unit, double computed, double claimed,
               double within = 0.02) {
        table.rows.push_back(
            {std::string{what}, computed, claimed, std::string{unit},
             std::string{follows(computed, claimed, within) ? "follows" : "does not follow"}});
    }
    void given(const char* what, const char* unit, double value) {
        table.rows.push_back(
            {std::string{what}, Cell{}, value, std::string{unit}, std::string{"given"}});
    }
    void here(const char* what, const char* unit, Cell value) {
        table.rows.push_back(
            {std::string{what}, std::move(value), Cell{}, std::string{unit}, std::string{"here"}});
    }
};

}  // namespace

Table compare_table(const Traffic& traffic) {
    Table table{"compare",
                "An article's numbers, computed, and what was seen here",
                {{"what", "what"},
                 {"computed", "computed", Kind::number},
                 {"claimed", "claimed", Kind::number},
                 {"unit", "unit"},
                 {"verdict", "verdict"}},
                {}};
    Rows rows{table};
    rows.given("listeners", "million", listeners / 1e6);
    rows.given("songs a listener and day", "", songs_a_day);
    rows.given("a song, 3.5 min at 320 kbit/s", "MB", song_mb);
    rows.claim("  by its length and bitrate", "MB", 3.5 * 60 * 320 / 8 / 1000, song_mb);
    rows.given("price of a CDN", "$/GB", dollars_a_gb);
    rows.claim("bytes a day", "PB", gb_a_day / 1e6, 193);
    rows.claim("cost a day", "million $", dollars_a_day / 1e6, 15.4);
    rows.claim("cost a year", "billion $", dollars_a_year / 1e9, 5.6);
    rows.claim("all costs, a listener and year", "$", total_a_year / listeners, 1.18);
    rows.claim("a rival's 420 M$, 88 M users", "$", 420.0 / 88, 4.77);
    rows.claim("another's 300 M$, 80 M users", "$", 300.0 / 80, 3.75);
    rows.claim("a third's 180 of 920 M$", "%", 100 * 180.0 / 920, 20, 0.03);
    rows.claim("cost a day, said elsewhere", "million $", dollars_a_day / 1e6, 41);
    rows.claim("cost a year, of that", "billion $", dollars_a_year / 1e9, 15);
    rows.claim("saved by 680 M$ in its place", "%", 100 * (1 - total_a_year / dollars_a_year), 96,
               0.005);
    rows.claim("licences a year, 0.02 $ a song", "million $",
               listeners * songs_a_day * licence * days / 1e6, 458);
    rows.claim("licences a day", "million $", listeners * songs_a_day * licence / 1e6, 458, 0.01);
    rows.claim("bytes in 24 hours, said elsewhere", "PB", gb_a_day / 1e6, 2.8);
    rows.claim("songs a listener, of 8.4 G a day", "", streams_a_day / listeners, songs_a_day);
    rows.claim("40 % of 5.6 G$ from the CDN", "billion $", from_cdn * 5.6, 0.68);
    const auto all = traffic.all_bytes();
    const auto offload = [&](double value) { return all > 0 ? Cell{value} : Cell{}; };
    const double servers = 1 - traffic.offload();
    rows.here("bytes not from servers", "%", offload(100 * traffic.offload()));
    rows.here("  of peers", "%", offload(100 * ratio(traffic.of(Source::peer), all)));
    rows.here("  of the own cache", "%", offload(100 * ratio(traffic.of(Source::cache), all)));
    rows.here("CDN a day at this", "million $", offload(servers * dollars_a_day / 1e6));
    rows.here("CDN a year at this", "billion $", offload(servers * dollars_a_year / 1e9));
    rows.here("  a listener and year", "$", offload(servers * dollars_a_year / listeners));
    return table;
}

}  // namespace stretto::report
