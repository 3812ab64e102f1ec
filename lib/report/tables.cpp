#include "report/tables.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/published.hpp"
#include "report/royalty.hpp"
#include "report/server_tables.hpp"

namespace stretto::report {
namespace {

using Integer = std::int64_t;

/// Of nobody there is no percentile.
Cell known(Integer number) { return number < 0 ? Cell{} : Cell{number}; }
Cell percentile(const Sketch& sketch, double p) { return known(sketch.percentile(p)); }
Cell if_any(double number, bool any) { return any ? Cell{number} : Cell{}; }

std::string hex_key(std::uint64_t key) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out(16, '0');
    for (auto at = out.rbegin(); at != out.rend(); ++at, key >>= 4) *at = digits[key & 15];
    return out;
}

void sort_down(std::vector<Row>& rows, std::size_t column) {
    std::stable_sort(rows.begin(), rows.end(),
                     [=](const Row& a, const Row& b) { return a[column] > b[column]; });
}

Table input_table(const Counts& c) {
    return {
        "input",
        "Input",
        {{"files", "files", Kind::count},
         {"bytes", "bytes", Kind::bytes},
         {"lines", "lines", Kind::count},
         {"events", "events", Kind::count},
         {"torn", "torn lines passed over", Kind::count},
         {"foreign", "lines of others passed over", Kind::count},
         {"doubled", "doubled lines passed over", Kind::count},
         {"late", "lines that came too late", Kind::count},
         {"requests", "requests in logs", Kind::count}},
        {{c.files, c.bytes, c.lines, c.events, c.torn, c.foreign, c.doubled, c.late, c.requests}},
        true};
}

Table totals_table(const Summary& s, const Listening& l) {
    Integer songs = 0;
    for (const auto& song : l.songs) songs += song.plays > 0;
    const bool any = s.first_ms >= 0;
    return {"totals",
            "Listening",
            {{"from", "from", Kind::time},
             {"to", "to", Kind::time},
             {"sessions", "sessions", Kind::count},
             {"plays", "plays (30 s heard)", Kind::count},
             {"skips", "skipped", Kind::count},
             {"listeners", "listeners", Kind::count},
             {"songs", "songs played", Kind::count},
             {"heard_ms", "heard", Kind::span},
             {"suspects", "listeners like machines", Kind::count}},
            {{known(s.first_ms), any ? Cell{s.last_ms} : Cell{}, s.experience.sessions, l.all.plays,
              l.all.skips, l.listeners, songs, l.all.heard_ms, l.suspect_listeners}},
            true};
}

Table experience_table(const Summary& s) {
    const auto& e = s.experience;
    return {"experience",
            "How it felt",
            {{"startup_p50_ms", "startup, half below", Kind::ms},
             {"startup_p75_ms", "  three quarters", Kind::ms},
             {"startup_p90_ms", "  nine tenths", Kind::ms},
             {"startup_p99_ms", "  99 of 100", Kind::ms},
             {"started", "sessions with sound", Kind::count},
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
              percentile(e.startup, 0.99), e.started, e.left_before_start, e.failed_to_start,
              e.failed, e.with_stall, if_any(e.share_with_stall(), e.started > 0), e.stalls,
              if_any(e.stalls_per_hour(), e.heard_ms > 0), e.stalled_ms,
              if_any(e.rebuffering_ratio(), e.heard_ms > 0),
              if_any(e.mean_kbps(), !e.kept_ms.empty()), e.switches}},
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

Tags tags_of(const Summary& s, Name song) { return song < s.tags.size() ? s.tags[song] : Tags{}; }

Table songs_table(const Summary& s, const Dictionary& names, const Listening& l) {
    Table table{"songs",
                "Songs",
                {{"song", "song"},
                 {"title", "title"},
                 {"artist", "artist"},
                 {"plays", "plays", Kind::count},
                 {"paid_plays", "paid for", Kind::count},
                 {"listeners", "listeners", Kind::count},
                 {"skips", "skipped", Kind::count},
                 {"heard_ms", "heard", Kind::span}},
                {}};
    for (Name song = 0; song < l.songs.size(); ++song) {
        const auto& of = l.songs[song];
        if (of.plays == 0 && of.skips == 0 && of.heard_ms == 0) continue;
        const auto tags = tags_of(s, song);
        table.rows.push_back({names.songs[song], tags.title, tags.artist, of.plays, of.paid_plays,
                              of.listeners, of.skips, of.heard_ms});
    }
    std::sort(table.rows.begin(), table.rows.end());
    sort_down(table.rows, 7);
    sort_down(table.rows, 3);
    return table;
}

Table artists_table(const Summary& s, const Listening& l) {
    std::map<std::string, Heap> artists;
    for (Name song = 0; song < l.songs.size(); ++song)
        artists[tags_of(s, song).artist].add(l.songs[song]);
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

Table days_table(const Listening& l) {
    Table table{"days",
                "Days (UTC)",
                {{"day", "day"},
                 {"plays", "plays", Kind::count},
                 {"listeners", "listeners", Kind::count},
                 {"skips", "skipped", Kind::count},
                 {"heard_ms", "heard", Kind::span}},
                {}};
    for (const auto& [day, of] : l.days)
        table.rows.push_back(
            {iso_day(day * day_ms), of.plays, of.listeners, of.skips, of.heard_ms});
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

struct Paid {
    Table songs, artists;
};

Paid royalties(Summary& s, const Dictionary& names, const Listening& l, const Wishes& wishes) {
    const auto weights = weigh(s.plays, l, s.end_ms(), wishes.payment);
    // by id, so that equal remainders fall alike whatever was read first
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
        const auto tags = tags_of(s, order[i]);
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

/// What every table of experiences has behind its own columns.
const std::vector<Column> felt = {{"sessions", "sessions", Kind::count},
                                  {"startup_p50_ms", "startup p50", Kind::ms},
                                  {"startup_p90_ms", "p90", Kind::ms},
                                  {"share_with_stall", "stalled", Kind::share},
                                  {"rebuffering_ratio", "rebuffering", Kind::share},
                                  {"mean_kbps", "bitrate", Kind::kbps},
                                  {"failed", "failed", Kind::count},
                                  {"left_before_start", "left before", Kind::count}};

void feel(Row& row, const Experience& e) {
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

Table places_table(const Summary& s, const Dictionary& names) {
    auto table = with_felt({"places", "Places", {{"place", "place"}}, {}});
    for (const auto& [place, experience] : s.places) {
        table.rows.push_back({names.places[place]});
        feel(table.rows.back(), experience);
    }
    std::sort(table.rows.begin(), table.rows.end());
    sort_down(table.rows, 1);
    return table;
}

Table edges_table(const Summary& s, const Dictionary& names) {
    auto table = with_felt({"edges",
                            "Edges",
                            {{"edge", "edge"},
                             {"bytes", "bytes", Kind::bytes},
                             {"hit_ratio", "hits", Kind::share},
                             {"first_byte_p50_ms", "first byte", Kind::ms}},
                            {}});
    for (const auto& [edge, of] : s.edges) {
        table.rows.push_back({names.servers[edge], of.traffic.edge_bytes(), of.traffic.hit_ratio(),
                              percentile(of.traffic.first_byte, 0.5)});
        feel(table.rows.back(), of.experience);
    }
    std::sort(table.rows.begin(), table.rows.end());
    return table;
}

Table bitrates_table(const Summary& s) {
    auto table = with_felt({"bitrates",
                            "Bitrates",
                            {{"kbps", "bitrate", Kind::kbps},
                             {"kept_ms", "music", Kind::span},
                             {"share", "of all", Kind::share}},
                            {}});
    Integer all = 0;
    for (const auto& [kbps, ms] : s.experience.kept_ms) all += ms;
    for (const auto& [kbps, ms] : s.experience.kept_ms) {
        table.rows.push_back({kbps, ms, ratio(ms, all)});
        const auto found = s.bitrates.find(kbps);
        feel(table.rows.back(), found == s.bitrates.end() ? Experience{} : found->second);
    }
    return table;
}

Table times_table(const Summary& s) {
    auto table = with_felt({"times",
                            "Times",
                            {{"time", "time", Kind::time},
                             {"width_ms", "width", Kind::span},
                             {"listening", "at a time", Kind::number},
                             {"cache", "own cache", Kind::bytes},
                             {"peer", "peers", Kind::bytes},
                             {"edge_hit", "edges", Kind::bytes},
                             {"edge_miss", "origin", Kind::bytes}},
                            {},
                            false,
                            false});
    for (const auto& [time, m] : s.series.moments()) {
        table.rows.push_back({time, s.series.width_ms(), ratio(m.listening_ms, s.series.width_ms()),
                              m.traffic.of(Source::cache), m.traffic.of(Source::peer),
                              m.traffic.of(Source::edge_hit), m.traffic.of(Source::edge_miss)});
        feel(table.rows.back(), m.experience);
    }
    return table;
}

Table ladder_table(const Summary& s) {
    Table table{"ladder",
                "Bitrates over time",
                {{"time", "time", Kind::time},
                 {"kbps", "bitrate", Kind::kbps},
                 {"kept_ms", "music", Kind::span}},
                {},
                false,
                false};
    for (const auto& [time, moment] : s.series.moments())
        for (const auto& [kbps, ms] : moment.experience.kept_ms)
            table.rows.push_back({time, kbps, ms});
    return table;
}

Table startup_table(const Summary& s) {
    Table table{
        "startup", "Startup", {{"ms", "startup", Kind::ms}, {"sessions", "sessions", Kind::count}},
        {},        false,     false};
    for (const auto& [bucket, times] : s.experience.startup.counts())
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

}  // namespace

std::vector<Table> make_tables(Summary& s, const Dictionary& names, const Counts& counts,
                               const Wishes& wishes) {
    const auto listening = sum_up(s.plays, names.songs.size(), s.end_ms(), wishes.payment);
    auto paid = royalties(s, names, listening, wishes);
    std::vector<Table> all{
        totals_table(s, listening),
        experience_table(s),
        bytes_table(s, counts),
        published_table(s.experience, s.traffic),
        songs_table(s, names, listening),
        artists_table(s, listening),
        std::move(paid.songs),
        std::move(paid.artists),
        listeners_table("listeners", "Listeners", listening.top, false),
        listeners_table("suspects", "Listeners like machines", listening.suspects, true),
        days_table(listening),
        places_table(s, names),
        edges_table(s, names),
        servers_table(s, names),
        bitrates_table(s),
        bad_peers_table(s, names)};
    if (wishes.prices) all.push_back(cost_table(s, listening.listeners, *wishes.prices));
    for (auto table : {times_table(s), ladder_table(s), startup_table(s)})
        all.push_back(std::move(table));
    all.push_back(input_table(counts));
    return all;
}

}  // namespace stretto::report
