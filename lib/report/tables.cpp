#include "report/tables.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/compare.hpp"
#include "report/farms.hpp"
#include "report/felt.hpp"
#include "report/published.hpp"
#include "report/royalty.hpp"
#include "report/server_tables.hpp"

namespace stretto::report {
namespace {

using Integer = std::int64_t;

/// A percentile, or null without values.
Cell known(Integer number) { return number < 0 ? Cell{} : Cell{number}; }
Cell percentile(const Sketch& sketch, double p) { return known(sketch.percentile(p)); }
Cell if_any(double number, bool any) { return any ? Cell{number} : Cell{}; }

void sort_down(std::vector<Row>& rows, std::size_t column) {
    std::stable_sort(rows.begin(), rows.end(),
                     [=](const Row& a, const Row& b) { return a[column] > b[column]; });
}

Table input_table(const Summary& s, const Counts& c) {
    return {"input",
            "Input",
            {{"files", "files", Kind::count},
             {"bytes", "bytes", Kind::bytes},
             {"lines", "lines", Kind::count},
             {"events", "events", Kind::count},
             {"torn", "torn lines passed over", Kind::count},
             {"foreign", "lines of others passed over", Kind::count},
             {"doubled", "doubled lines passed over", Kind::count},
             {"requests", "requests in logs", Kind::count},
             {"doubled_requests", "  doubled, counted once", Kind::count},
             {"via", "  through others' proxies", Kind::count}},
            {{c.files, c.bytes, c.lines, c.events, c.torn, c.foreign, c.doubled, c.requests,
              s.doubled_requests, c.via}},
            true};
}

Table totals_table(const Summary& s, const Felt& felt, const Listening& l, const Tagged& tagged) {
    Integer songs = 0;
    for (Name song = 0; song < l.songs.size(); ++song)
        songs += tagged.pays(song) && l.songs[song].plays > 0;
    const bool any = s.dates.from_ms() >= 0;
    const bool catalogue = !tagged.known.empty();
    return {"totals",
            "Listening",
            {{"from", "from", Kind::time},
             {"to", "to", Kind::time},
             {"sessions", "sessions", Kind::count},
             {"plays", "plays (30 s heard)", Kind::count},
             {"skips", "skipped", Kind::count},
             {"listeners", "listeners", Kind::count},
             {"peak_listeners", "  at a time, at most", Kind::count},
             {"mean_listeners", "  on average", Kind::number},
             {"songs", "songs played", Kind::count},
             {"heard_ms", "heard", Kind::span},
             {"outside_plays", "plays outside of the catalogue", Kind::count},
             {"suspects", "listeners like machines", Kind::count},
             {"unpaid_plays", "  their plays", Kind::count},
             {"undated", "sessions without a date", Kind::count}},
            {{any ? Cell{s.dates.from_ms()} : Cell{}, any ? Cell{s.dates.to_ms()} : Cell{},
              felt.all.sessions, l.all.plays, l.all.skips, l.listeners, felt.series.peak(),
              if_any(felt.series.mean(), any), songs, l.all.heard_ms,
              catalogue ? Cell{l.outside.plays} : Cell{}, l.suspect_listeners, l.unpaid_plays,
              felt.undated}},
            true};
}

Table experience_table(const Felt& felt) {
    const auto& e = felt.all;
    return {
        "experience",
        "How it felt",
        {{"startup_p50_ms", "startup, half below", Kind::ms},
         {"startup_p75_ms", "  three quarters", Kind::ms},
         {"startup_p90_ms", "  nine tenths", Kind::ms},
         {"startup_p99_ms", "  99 of 100", Kind::ms},
         {"started", "sessions with sound", Kind::count},
         {"followed", "  begun by the song before", Kind::count},
         {"left_before_start", "left before the start", Kind::count},
         {"failed_to_start", "failed to start", Kind::count},
         {"failed", "failed", Kind::count},
         {"with_stall", "sessions with a stall", Kind::count},
         {"share_with_stall", "  of those with sound", Kind::share},
         {"stalls", "stalls", Kind::count},
         {"stalls_per_hour", "  an hour heard", Kind::number},
         {"stalled_ms", "stalled", Kind::span},
         {"rebuffering_ratio", "  of the time", Kind::share},
         {"mean_kbps", "bitrate", Kind::kbps},
         {"switches", "switches", Kind::count}},
        {{percentile(e.startup, 0.5), percentile(e.startup, 0.75), percentile(e.startup, 0.9),
          percentile(e.startup, 0.99), e.started, felt.followed, e.left_before_start,
          e.failed_to_start, e.failed, e.with_stall, if_any(e.share_with_stall(), e.started > 0),
          e.stalls, if_any(e.stalls_per_hour(), e.heard_ms > 0), e.stalled_ms,
          if_any(e.rebuffering_ratio(), e.heard_ms > 0), if_any(e.mean_kbps(), !e.kept_ms.empty()),
          e.switches}},
        true};
}

Table bytes_table(const Summary& s, const Counts& counts) {
    const auto& t = s.traffic;
    return {"bytes",
            "Where the bytes came from",
            {{"all", "bytes", Kind::bytes},
             {"cache", "own cache", Kind::bytes},
             {"peer", "peers", Kind::bytes},
             {"edge_hit", "edges, in their cache", Kind::bytes},
             {"edge_miss", "edges, from the origin", Kind::bytes},
             {"offload", "not from servers", Kind::share},
             {"edge_hit_ratio", "edges had of theirs", Kind::share},
             {"first_byte_p50_ms", "edges' first byte, half below", Kind::ms},
             {"first_byte_p90_ms", "  nine tenths", Kind::ms},
             {"never_heard", "fetched and never heard", Kind::bytes},
             {"uploaded", "given to others", Kind::bytes},
             {"unreported", "beside these, by servers' logs", Kind::bytes}},
            {{t.all_bytes(), t.of(Source::cache), t.of(Source::peer), t.of(Source::edge_hit),
              t.of(Source::edge_miss), if_any(t.offload(), t.all_bytes() > 0),
              if_any(t.hit_ratio(), t.edge_bytes() > 0), percentile(t.first_byte, 0.5),
              percentile(t.first_byte, 0.9), s.wasted, s.uploaded + counts.given,
              s.servers.empty() ? Cell{} : Cell{all_servers(s).unreported()}}},
            true};
}

const std::vector<Column> song_columns = {{"song", "song"},
                                          {"title", "title"},
                                          {"artist", "artist"},
                                          {"plays", "plays", Kind::count},
                                          {"paid_plays", "paid for", Kind::count},
                                          {"listeners", "listeners", Kind::count},
                                          {"skips", "skipped", Kind::count},
                                          {"heard_ms", "heard", Kind::span}};

/// @param outside  list songs that are not in the catalogue instead of those that are
Table songs_table(const Dictionary& names, const Listening& l, const Tagged& tagged, bool outside) {
    Table table{outside ? "outside" : "songs",
                outside ? "Songs outside of the catalogue, as listeners call them" : "Songs",
                song_columns,
                {}};
    for (Name song = 0; song < l.songs.size(); ++song) {
        const auto& of = l.songs[song];
        if (of.plays == 0 && of.skips == 0 && of.heard_ms == 0) continue;
        if (tagged.pays(song) == outside) continue;
        const auto& tags = tagged.tags[song];
        table.rows.push_back({names.songs[song], tags.title, tags.artist, of.plays, of.paid_plays,
                              of.listeners, of.skips, of.heard_ms});
    }
    std::sort(table.rows.begin(), table.rows.end());
    sort_down(table.rows, 7);
    sort_down(table.rows, 3);
    return table;
}

Table artists_table(const Listening& l, const Tagged& tagged) {
    std::map<std::string, Heap> artists;
    for (Name song = 0; song < l.songs.size(); ++song)
        if (tagged.pays(song)) artists[tagged.tags[song].artist].add(l.songs[song]);
    Table table{"artists",
                "Artists",
                {{"artist", "artist"},
                 {"plays", "plays", Kind::count},
                 {"skips", "skipped", Kind::count},
                 {"heard_ms", "heard", Kind::span}},
                {}};
    for (const auto& [artist, of] : artists)
        if (of.plays + of.skips + of.heard_ms > 0)
            table.rows.push_back({artist, of.plays, of.skips, of.heard_ms});
    sort_down(table.rows, 1);
    return table;
}

Table days_table(const Listening& l, const Zone& zone) {
    Table table{"days",
                text("Days (", zone.name(), ")"),
                {{"day", "day"},
                 {"plays", "plays", Kind::count},
                 {"listeners", "listeners", Kind::count},
                 {"skips", "skipped", Kind::count},
                 {"heard_ms", "heard", Kind::span}},
                {}};
    for (const auto& [day, of] : l.days)
        table.rows.push_back({iso_day(day), of.plays, of.listeners, of.skips, of.heard_ms});
    return table;
}

Table listeners_table(const char* name, const char* title, const std::vector<OfListener>& all,
                      bool brief) {
    Table table{name,
                title,
                {{"listener", "listener"},
                 {"plays", "plays", Kind::count},
                 {"songs", "songs", Kind::count},
                 {"skips", "skipped", Kind::count},
                 {"heard_ms", "heard", Kind::span},
                 {"suspicion", "suspicion"}},
                {},
                false,
                brief};
    for (const auto& one : all)
        table.rows.push_back({hex_key(one.key), one.plays, one.songs, one.skips, one.heard_ms,
                              one.suspicion.empty() ? Cell{} : Cell{one.suspicion}});
    return table;
}

Table networks_table(const Farms& farms) {
    Table table{"networks",
                "Networks of listeners like machines",
                {{"network", "network"},
                 {"listeners", "listeners", Kind::count},
                 {"suspects", "suspects", Kind::count},
                 {"plays", "plays", Kind::count},
                 {"suspect_plays", "of suspects", Kind::count},
                 {"just_counted", "left just after counting", Kind::share},
                 {"suspicion", "suspicion"}},
                {}};
    for (const auto& [name, of] : farms.networks())
        table.rows.push_back({name, of.listeners, of.alike, of.habits.plays, of.unpaid,
                              ratio(of.habits.just_counted, of.habits.plays), of.suspicion});
    sort_down(table.rows, 4);
    return table;
}

struct Paid {
    Table songs, artists;
};

Paid royalties(const std::vector<std::uint64_t>& weights, const Dictionary& names,
               const Listening& l, const Tagged& tagged, const Wishes& wishes) {
    // sorted by id, so that equal remainders do not depend on the order of the input
    std::vector<Name> order;
    double sum = 0;
    for (Name song = 0; song < weights.size(); ++song)
        if (weights[song] > 0) order.push_back(song), sum += static_cast<double>(weights[song]);
    std::sort(order.begin(), order.end(),
              [&](Name a, Name b) { return names.songs[a] < names.songs[b]; });
    std::vector<std::uint64_t> sorted;
    for (const auto song : order) sorted.push_back(weights[song]);
    const auto cents = share(wishes.pool_cents.value_or(0), sorted);

    const bool pool = wishes.pool_cents.has_value();
    const auto paid = [&](Integer amount) { return pool ? Cell{amount} : Cell{}; };
    const auto title =
        text("Royalties by song, ", wishes.payment.user_centric ? "user-centric" : "pro rata");
    Paid out{{"royalties",
              title,
              {{"song", "song"},
               {"title", "title"},
               {"artist", "artist"},
               {"plays", "plays", Kind::count},
               {"share", "share", Kind::share},
               {"amount_cents", "amount", Kind::cents}},
              {},
              false,
              pool},
             {"royalties_by_artist",
              "Royalties by artist",
              {{"artist", "artist"},
               {"plays", "plays", Kind::count},
               {"share", "share", Kind::share},
               {"amount_cents", "amount", Kind::cents}},
              {},
              false,
              pool}};
    struct OfArtist {
        Integer plays = 0, cents = 0;
        double weight = 0;
    };
    std::map<std::string, OfArtist> artists;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& tags = tagged.tags[order[i]];
        const auto plays = l.songs[order[i]].paid_plays;
        const auto weight = static_cast<double>(sorted[i]);
        out.songs.rows.push_back(
            {names.songs[order[i]], tags.title, tags.artist, plays, weight / sum, paid(cents[i])});
        auto& artist = artists[tags.artist];
        artist.plays += plays;
        artist.cents += cents[i];
        artist.weight += weight;
    }
    for (const auto& [artist, of] : artists)
        out.artists.rows.push_back({artist, of.plays, of.weight / sum, paid(of.cents)});
    sort_down(out.songs.rows, 4);
    sort_down(out.artists.rows, 2);
    return out;
}

/// Append the columns that all tables of experience have.
const std::vector<Column> felt = {{"sessions", "sessions", Kind::count},
                                  {"startup_p50_ms", "startup p50", Kind::ms},
                                  {"startup_p90_ms", "p90", Kind::ms},
                                  {"share_with_stall", "stalled", Kind::share},
                                  {"rebuffering_ratio", "rebuffering", Kind::share},
                                  {"mean_kbps", "bitrate", Kind::kbps},
                                  {"failed", "failed", Kind::count},
                                  {"left_before_start", "left before", Kind::count}};

void add_felt(Row& row, const Experience& e) {
    row.insert(
        row.end(),
        {e.sessions, percentile(e.startup, 0.5), percentile(e.startup, 0.9),
         if_any(e.share_with_stall(), e.started > 0), if_any(e.rebuffering_ratio(), e.heard_ms > 0),
         if_any(e.mean_kbps(), !e.kept_ms.empty()), e.failed, e.left_before_start});
}

Table with_felt(Table table) {
    table.columns.insert(table.columns.end(), felt.begin(), felt.end());
    return table;
}

Table places_table(const Felt& felt, const Dictionary& names) {
    auto table = with_felt({"places", "Places", {{"place", "place"}}, {}});
    for (const auto& [place, experience] : felt.places) {
        table.rows.push_back({names.places[place]});
        add_felt(table.rows.back(), experience);
    }
    std::sort(table.rows.begin(), table.rows.end());
    sort_down(table.rows, 1);
    return table;
}

Table edges_table(const Summary& s, const Felt& felt, const Dictionary& names) {
    auto table = with_felt({"edges",
                            "Edges",
                            {{"edge", "edge"},
                             {"bytes", "bytes", Kind::bytes},
                             {"hit_ratio", "hits", Kind::share},
                             {"first_byte_p50_ms", "first byte", Kind::ms}},
                            {}});
    for (const auto& [edge, of] : s.edges) {
        table.rows.push_back(
            {names.servers[edge], of.edge_bytes(), of.hit_ratio(), percentile(of.first_byte, 0.5)});
        const auto found = felt.edges.find(edge);
        add_felt(table.rows.back(), found == felt.edges.end() ? Experience{} : found->second);
    }
    std::sort(table.rows.begin(), table.rows.end());
    return table;
}

Table bitrates_table(const Felt& felt) {
    auto table = with_felt({"bitrates",
                            "Bitrates",
                            {{"kbps", "bitrate", Kind::kbps},
                             {"kept_ms", "music", Kind::span},
                             {"share", "of all", Kind::share}},
                            {}});
    Integer all = 0;
    for (const auto& [kbps, ms] : felt.all.kept_ms) all += ms;
    for (const auto& [kbps, ms] : felt.all.kept_ms) {
        table.rows.push_back({kbps, ms, ratio(ms, all)});
        const auto found = felt.bitrates.find(kbps);
        add_felt(table.rows.back(), found == felt.bitrates.end() ? Experience{} : found->second);
    }
    return table;
}

Table times_table(const Series& series) {
    auto table = with_felt({"times",
                            "Times",
                            {{"time", "time", Kind::time},
                             {"width_ms", "width", Kind::span},
                             {"listening", "at a time", Kind::number},
                             {"listening_peak", "at most", Kind::count},
                             {"cache", "own cache", Kind::bytes},
                             {"peer", "peers", Kind::bytes},
                             {"edge_hit", "edges", Kind::bytes},
                             {"edge_miss", "origin", Kind::bytes}},
                            {},
                            false,
                            false});
    for (const auto& [time, m] : series.moments()) {
        table.rows.push_back({time, series.width_ms(), ratio(m.listening_ms, series.width_ms()),
                              m.peak, m.traffic.of(Source::cache), m.traffic.of(Source::peer),
                              m.traffic.of(Source::edge_hit), m.traffic.of(Source::edge_miss)});
        add_felt(table.rows.back(), m.experience);
    }
    return table;
}

Table ladder_table(const Series& series) {
    Table table{"ladder",
                "Bitrates over time",
                {{"time", "time", Kind::time},
                 {"kbps", "bitrate", Kind::kbps},
                 {"kept_ms", "music", Kind::span}},
                {},
                false,
                false};
    for (const auto& [time, moment] : series.moments())
        for (const auto& [kbps, ms] : moment.experience.kept_ms)
            table.rows.push_back({time, kbps, ms});
    return table;
}

Table startup_table(const Felt& felt) {
    Table table{
        "startup", "Startup", {{"ms", "startup", Kind::ms}, {"sessions", "sessions", Kind::count}},
        {},        false,     false};
    for (const auto& [bucket, times] : felt.all.startup.counts())
        table.rows.push_back({Sketch::value(bucket), times});
    return table;
}

Table bad_peers_table(const Summary& s, const Dictionary& names) {
    Table table{"bad_peers",
                "Who sent wrong bytes",
                {{"from", "from"}, {"rejects", "times", Kind::count}},
                {}};
    for (const auto& [server, times] : s.rejected)
        table.rows.push_back({names.servers[server], times});
    std::sort(table.rows.begin(), table.rows.end());
    sort_down(table.rows, 1);
    return table;
}

/// Tags from the catalogue, or else from the majority of listeners, as for songs that are not in
/// it.
Tagged tag(const std::optional<Catalogue>& catalogue, const Votes& votes, const Dictionary& names) {
    Tagged tagged{votes.decide(names), {}};
    if (!catalogue) return tagged;
    tagged.known.resize(names.songs.size());
    for (Name song = 0; song < names.songs.size(); ++song) {
        const auto found = catalogue->find(names.songs[song]);
        if (found == catalogue->end()) continue;
        tagged.known[song] = true;
        tagged.tags[song] = found->second;
    }
    return tagged;
}

}  // namespace

std::vector<Table> make_tables(Summary& s, const Dictionary& names, const Counts& counts,
                               const Wishes& wishes) {
    constexpr std::int64_t year_ms = 365 * day_ms;
    const auto felt = feel(s, wishes.zone);
    const auto tagged = tag(wishes.catalogue, felt.votes, names);
    const Rules rules{names, s.dates, wishes.zone, wishes.payment, s.end_ms() - year_ms};
    const Farms farms{s.visits, rules, tagged};
    const auto listening = sum_up(s.visits, rules, tagged, farms);
    auto paid = royalties(weigh(s.visits, rules, tagged, farms, listening), names, listening,
                          tagged, wishes);
    std::vector<Table> all{totals_table(s, felt, listening, tagged),
                           songs_table(names, listening, tagged, false),
                           artists_table(listening, tagged)};
    all.push_back(std::move(paid.songs));
    all.push_back(std::move(paid.artists));
    if (wishes.catalogue) all.push_back(songs_table(names, listening, tagged, true));
    all.push_back(listeners_table("listeners", "Listeners", listening.top, false));
    all.push_back(listeners_table("suspects", "Listeners like machines", listening.suspects, true));
    all.push_back(networks_table(farms));
    all.push_back(days_table(listening, wishes.zone));
    all.push_back(experience_table(felt));
    all.push_back(bytes_table(s, counts));
    all.push_back(published_table(felt.all, s.traffic));
    all.push_back(places_table(felt, names));
    all.push_back(edges_table(s, felt, names));
    all.push_back(servers_table(s, names));
    all.push_back(bitrates_table(felt));
    all.push_back(bad_peers_table(s, names));
    if (wishes.compare) all.push_back(compare_table(s.traffic));
    if (wishes.prices) all.push_back(cost_table(s, listening.listeners, *wishes.prices));
    for (auto table : {times_table(felt.series), ladder_table(felt.series), startup_table(felt)})
        all.push_back(std::move(table));
    all.push_back(input_table(s, counts));
    return all;
}

}  // namespace stretto::report
