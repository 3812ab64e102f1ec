// stretto-simulate: the player over recorded networks, on a virtual clock. See stretto-simulate(1).
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <iostream>

#include "base/file.hpp"
#include "base/json_value.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "crowd_options.hpp"
#include "report/published.hpp"
#include "sim/journal.hpp"
#include "sim/optimum.hpp"
#include "sim/scenarios.hpp"
#include "sim/song.hpp"
#include "sim/table.hpp"

using namespace stretto;

namespace {

constexpr std::int64_t epoch_ms =
    1'767'225'600'000;  // 2026-01-01, when the first song is asked for
constexpr std::int64_t between_songs_ms = 1000;
constexpr int edges_known = 3;  // when some die

constexpr std::string_view examples =
    "  stretto-simulate --traces traces\n"
    "  stretto-simulate --traces traces --abr stretto,bola,mpc,96 --songs 1000\n"
    "  stretto-simulate --traces traces --scenarios scenarios.tsv --optimum\n"
    "  stretto-simulate --traces traces --abr stretto,bola | stretto-report\n"
    "  stretto-simulate --traces traces --least 640 --kill-edges 1 --table\n"
    "  stretto-simulate --traces traces --manifest manifest.json --json | jq 'select(.q)'\n"
    "  stretto-simulate --listeners 10000 --fetch --arrivals flash\n"
    "  stretto-simulate --listeners 1000 --hours 2";

struct Options {
    std::string traces, scenarios, manifest;
    std::vector<std::string> policies{"stretto", "bola", "mpc", "throughput", "seed"};
    std::size_t songs = 0;
    std::uint64_t seed = 1;
    double song_s = 210;
    int first_kbps = 96;
    sim::PlayerSettings player;
    std::string events;
    double least_kbps = 0, kill_edges = 0, silence_edges = 0;
    bool optimum = false, json = false, table = false, part = false;
    std::vector<int> parts,
        ladder{std::begin(song::default_ladder), std::end(song::default_ladder)};
};

double cpu_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string contents(const std::string& path) {
    const auto bytes = read_file(path, 64u << 20);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// FNV-1a: which part a recording is in depends on its name alone, so none is in two.
std::uint32_t hash_of(const std::string& name) {
    std::uint32_t h = 2166136261u;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    return h >> 8;
}

class Simulation {
   public:
    explicit Simulation(const Options& o) : o_(o), recordings_(o.traces) {
        scenarios_ = o.scenarios.empty()
                         ? recordings_.all()
                         : must(sim::parse_scenarios(contents(o.scenarios)), o.scenarios);
        if (o.part) keep_part();
        if (!o.manifest.empty())
            song_ = sim::song_of(must(song::parse_manifest(contents(o.manifest)), o.manifest));
        for (const auto& name : o.policies) {
            if (!abr::make_policy(name))
                throw Error{EX_USAGE, text("no rule is called '", name, "'")};
            plays_.push_back({name, {}, 0});
        }
        if (!o.events.empty()) events_ = std::make_unique<events::Writer>(o.events);
    }

    void run() {
        const auto songs = o_.songs ? o_.songs : scenarios_.size();
        Progress progress{!(o_.json && ::isatty(STDOUT_FILENO))};  // its lines go there meanwhile
        for (std::size_t i = 0; i < songs; ++i) {
            one(i);
            progress.show(static_cast<double>(i + 1) / static_cast<double>(songs), "songs");
        }
        if (events_) events_->flush();
    }

    void print() const {
        // where the events go, a program reads
        auto& out = o_.events == "-" ? std::cerr : std::cout;
        for (const auto& [name, songs] : groups()) {
            std::vector<sim::Summary> rows;
            for (const auto& plays : plays_)
                rows.push_back(sim::summarize(plays, optimum_, plays_.front(), songs));
            if (o_.json)
                for (const auto& row : rows) std::cout << json_of(row, name).dump() << '\n';
            else
                print_table(out, name, rows);
            if (!o_.json && name.empty()) print_bound(out, rows.front());
        }
        if (!o_.json) out << '\n' << report::print_text({published()}, {});
    }

   private:
    void keep_part() {
        std::erase_if(scenarios_, [&](const sim::Scenario& s) {
            return static_cast<int>(hash_of(s.file) % static_cast<unsigned>(o_.parts[1])) + 1 !=
                   o_.parts[0];
        });
        if (scenarios_.empty()) throw Error{EX_NOINPUT, "no trace in this part"};
    }

    using Group = std::pair<std::string, std::vector<std::size_t>>;  // its songs, by number

    /// Where scenarios have kinds: songs by kind of network, and those during which the lowest
    /// fixed bitrate of the comparison does not stall, since gains on hopeless links hide losses on
    /// others. Last, all songs.
    std::vector<Group> groups() const {
        std::vector<Group> all;
        const auto add = [&all](const std::string& name, std::size_t song) {
            auto found = std::ranges::find(all, name, &Group::first);
            if (found == all.end()) found = all.insert(all.end(), {name, {}});
            found->second.push_back(song);
        };
        const auto songs = plays_.front().outcomes.size();
        for (std::size_t i = 0; i < songs; ++i)
            if (const auto& kind = scenarios_[i % scenarios_.size()].kind; !kind.empty())
                add(kind, i);
        const sim::Plays* lowest = nullptr;
        for (const auto& plays : plays_)
            if (const int kbps = std::atoi(plays.policy.c_str());
                kbps > 0 && (!lowest || kbps < std::atoi(lowest->policy.c_str())))
                lowest = &plays;
        const bool kinds = !all.empty();
        for (std::size_t i = 0; lowest && kinds && i < songs; ++i)
            if (lowest->outcomes[i].score.stalls == 0) add("no stall at " + lowest->policy, i);
        for (std::size_t i = 0; i < songs; ++i) add("", i);
        return all;
    }

    /// The same song over the same link for every policy.
    void one(std::size_t i) {
        const auto& scenario = scenarios_[i % scenarios_.size()];
        const auto link = recordings_.link(scenario, o_.least_kbps);
        const auto kill = kill_of(i);
        const auto song =
            song_ ? *song_ : sim::made_song(o_.song_s, o_.seed * 0x100000001b3 + i, o_.ladder);
        Json line{{"file", scenario.file}, {"offset_s", scenario.offset_s}};
        if (!scenario.kind.empty()) line["kind"] = scenario.kind;
        if (o_.optimum) {
            optimum_.push_back(sim::optimum(song, link, o_.player, true));
            whole_.push_back(sim::optimum(song, link, o_.player, false));
            line["optimum"] = optimum_.back();
            line["optimum_whole_chunks"] = whole_.back();
        }
        for (auto& plays : plays_) {
            const double began = cpu_now();
            const auto policy = abr::make_policy(plays.policy);
            const auto settings = settings_of(plays.policy);
            std::optional<sim::Journal> journal;
            if (events_) journal.emplace(*events_, song, play_of(plays.policy, i));
            plays.outcomes.push_back(sim::play(song, link, *policy, settings,
                                               journal ? &journal->watch() : nullptr,
                                               kill ? &*kill : nullptr));
            if (journal) journal->end(plays.outcomes.back());
            plays.cpu_s += cpu_now() - began;
            if (o_.json) line["plays"].push_back(json_of(plays.policy, plays.outcomes.back()));
        }
        if (o_.json) std::cout << line.dump() << '\n';
    }

    /// The same edge dies at the same moment for every policy.
    std::optional<sim::Kill> kill_of(std::size_t i) const {
        sim::Chance chance{o_.seed * 0x9e3779b97f4a7c15 + i};
        const double which = chance.real();
        if (which >= o_.kill_edges + o_.silence_edges) return {};
        return sim::Kill{chance.real() * o_.song_s, which >= o_.kill_edges};
    }

    /// Everybody plays one song; their place is the policy, so that a report compares these.
    sim::Journal::Play play_of(const std::string& policy, std::size_t i) const {
        const auto number = text(o_.seed, "-", i);
        return {text(policy, "-", number), text("listener-", number), policy,
                o_.manifest.empty() ? text("made-", number) : "manifest",
                epoch_ms + static_cast<std::int64_t>(i) * between_songs_ms};
    }

    /// The first policy's plays beside what was published.
    report::Table published() const {
        report::Experience seen;
        report::Traffic traffic;
        for (const auto& o : plays_.front().outcomes) {
            seen.startup.add(static_cast<std::int64_t>(std::llround(o.sound_s * 1000)));
            ++seen.started;
            seen.with_stall += o.score.stalls > 0;
            traffic.bytes[static_cast<int>(report::Source::edge_hit)] += std::llround(o.bytes);
        }
        return report::published_table(seen, traffic);
    }

    /// What stretto-play asks for before anything is known.
    sim::PlayerSettings settings_of(const std::string& policy) const {
        auto settings = o_.player;
        const int fixed = std::atoi(policy.c_str());
        settings.first_kbps = policy == "seed" ? 160 : fixed > 0 ? fixed : o_.first_kbps;
        if (o_.kill_edges + o_.silence_edges > 0) settings.edges = edges_known;
        return settings;
    }

    static Json json_of(const std::string& policy, const sim::Outcome& o) {
        return {{"policy", policy},
                {"q", o.q},
                {"stalls", o.score.stalls},
                {"stalled_s", o.score.stalled_s},
                {"start_s", o.score.start_s},
                {"sound_s", o.sound_s},
                {"kbps", o.kbps},
                {"switches", o.switches},
                {"heard_s", o.heard_s},
                {"ended_s", o.ended_s},
                {"requests", o.requests},
                {"bytes", std::llround(o.bytes)},
                {"wasted_bytes", std::llround(o.wasted)}};
    }
    /// Without speed: the same options give the same bytes.
    static Json json_of(const sim::Summary& s, const std::string& kind) {
        Json line{{"policy", s.policy}, {"songs", s.songs}, {"q", s.q}};
        if (!kind.empty()) line["kind"] = kind;
        if (s.of_optimum != 0) line["percent_of_optimum"] = s.of_optimum;
        line.update(Json{{"percent_without_stall", s.no_stall},
                         {"songs_with_stall", s.stalled},
                         {"percent_with_stall_at_most", s.stalled_at_most},
                         {"stalled_s", s.stalled_s},
                         {"kbps", s.kbps},
                         {"switches", s.switches},
                         {"start_p50_s", s.start_p50_s},
                         {"start_p95_s", s.start_p95_s},
                         {"percent_wasted", s.wasted},
                         {"first_ahead_q", s.ahead},
                         {"first_ahead_error", s.ahead_error}});
        return line;
    }

    /// 80 columns. What they mean is in stretto-simulate(1).
    void print_table(std::ostream& out, const std::string& kind,
                     const std::vector<sim::Summary>& rows) const {
        if (kind.empty())
            out << rows.front().songs << " songs over " << scenarios_.size() << " scenarios; "
                << std::llround(rows.front().songs_per_s) << " songs/s by " << rows.front().policy
                << '\n';
        else
            out << kind << ": " << rows.front().songs << " songs\n";
        out << "                   % of  % no stall kbit/s       startup, s     %     "
            << rows.front().policy.substr(0, 10) << '\n'
            << "rule            Q  best stall     s  heard changes   p50   p95 waste      "
               "ahead\n";
        for (const auto& s : rows) print_row(out, s);
        if (!kind.empty()) out << '\n';
        if (!kind.empty() || optimum_.empty()) return;
        out << std::setprecision(1) << "best      " << std::setw(7) << mean(optimum_)
            << "  possible if the bitrate may change within a chunk\nbest      " << std::setw(7)
            << mean(whole_) << "  possible if it changes between chunks only\n";
    }
    static void print_bound(std::ostream& out, const sim::Summary& s) {
        out << '\n'
            << s.policy << ": " << s.stalled << " of " << s.songs << " songs with a stall; "
            << "with 95 % confidence, less than " << std::setprecision(6) << s.stalled_at_most
            << " %\n";
    }
    static void print_row(std::ostream& out, const sim::Summary& s) {
        const auto number = [&out](double value, int width, int digits) {
            out << std::setw(width) << std::setprecision(digits) << value;
        };
        out << std::left << std::setw(10) << s.policy << std::right << std::fixed;
        number(s.q, 7, 1);
        if (s.of_optimum != 0)
            number(s.of_optimum, 6, 1);
        else
            out << "     -";
        number(s.no_stall, 6, 1);
        number(s.stalled_s, 6, s.stalled_s < 100 ? 2 : 1);
        number(s.kbps, 7, 1);
        number(s.switches, 8, 1);
        number(s.start_p50_s, 6, 2);
        number(s.start_p95_s, 6, 2);
        number(s.wasted, 6, 2);
        number(s.ahead, 6, 1);
        out << "+-";
        number(s.ahead_error, 1, s.ahead_error >= 10 ? 0 : 1);
        out << '\n';
    }
    static double mean(const std::vector<double>& values) {
        double sum = 0;
        for (const double v : values) sum += v;
        return values.empty() ? 0 : sum / static_cast<double>(values.size());
    }

    const Options& o_;
    sim::Recordings recordings_;
    std::vector<sim::Scenario> scenarios_;
    std::optional<abr::Shape> song_;
    std::vector<sim::Plays> plays_;
    std::vector<double> optimum_, whole_;
    std::unique_ptr<events::Writer> events_;
};

void add_options(Arguments& app, Options& o) {
    app.group("Networks");
    app.add_option("--traces", o.traces,
                   "Folder of traces: files with one line 'second kbit/s' per second")
        ->type_name("DIR");
    app.add_option("--scenarios", o.scenarios,
                   "List of links, each a trace with start, multiplier and round trip (each trace "
                   "once, unchanged)")
        ->type_name("FILE");
    app.add_option("--part", o.parts,
                   "Use only part K of N of the traces, divided by their names, to tune on one "
                   "part and test on another")
        ->expected(2)
        ->range(1, 1000)
        ->type_name("K N");
    app.add_option("--least", o.least_kbps, "Lowest rate of a link in any second, kbit/s")
        ->range(0.0, 1e9)
        ->type_name("KBPS");
    app.add_option("--kill-edges", o.kill_edges,
                   "Share of the songs in which the edge in use fails and closes its connections; "
                   "two other edges remain")
        ->range(0.0, 1.0)
        ->type_name("SHARE");
    app.add_option("--silence-edges", o.silence_edges,
                   "Share of the songs in which the edge in use stops sending without closing its "
                   "connections")
        ->range(0.0, 1.0)
        ->type_name("SHARE");
    app.group("Songs and player");
    app.add_option("--abr", o.policies,
                   "Rules to compare; the first is compared with each other rule")
        ->delimiter(',')
        ->type_name("RULE,...")
        ->capture_default_str();
    app.add_option("--songs", o.songs, "Number of songs (one for each scenario)")
        ->range(1, 100000000);
    app.add_option("--seed", o.seed, "Seed of the random numbers that make the songs")
        ->capture_default_str();
    app.add_option("--length", o.song_s, "Length of a song, seconds")
        ->range(1, 36000)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option("--ladder", o.ladder, "Bitrates of generated songs, kbit/s")
        ->delimiter(',')
        ->range(8, 1000)
        ->type_name("KBPS,...")
        ->capture_default_str();
    app.add_option("--first", o.first_kbps,
                   "Bitrate of the first request, before anything is known of the network")
        ->range(1, 1000)
        ->type_name("KBPS")
        ->capture_default_str();
    app.add_option("--manifest", o.manifest, "Play the song of this manifest instead")
        ->type_name("FILE");
    app.add_option("--buffer", o.player.buffer_s, "Highest buffer level, seconds of audio")
        ->range(5.0, 600.0)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option("--lead", o.player.lead_s,
                   "Highest buffer level until 30 s of a song have been played")
        ->range(5.0, 600.0)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.group("Results");
    app.add_option("-o,--events", o.events,
                   "Append events to this file, as stretto-play does; - is standard output, the "
                   "default if it is not a terminal")
        ->type_name("FILE");
    app.add_flag("--table", o.table,
                 "Print the table to standard output, even if it is not a terminal");
    app.add_flag("--optimum", o.optimum,
                 "Also compute the best possible result on each link; slow");
    app.add_flag("--json", o.json, "Print one line of JSON per song, then one per rule");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{
        "Play songs over recorded networks on a virtual clock, and compare the rules that "
        "choose the bitrate."};
    add_options(app, o);
    CrowdOptions crowd;
    crowd.add_to(app);
    return program(app, argc, argv, examples, [&] {
        std::ranges::sort(o.ladder);
        if (o.ladder.size() > song::most_renditions)
            throw Error{EX_USAGE, text("--ladder: more than ", song::most_renditions, " bitrates")};
        if (crowd.settings.listeners > 0) {
            crowd.run(o.seed, o.song_s, o.ladder, o.policies.front(), o.json);
            return 0;
        }
        if (o.traces.empty()) throw Error{EX_USAGE, "--traces or --listeners is required"};
        o.part = app.count("--part") > 0;
        if (o.events.empty() && !o.json && !o.table && !::isatty(STDOUT_FILENO)) o.events = "-";
        if (o.json && o.events == "-")
            throw Error{EX_USAGE, "--json and --events - both go to standard output"};
        if (o.part && o.parts[0] > o.parts[1]) throw Error{EX_USAGE, "--part K N: K is in 1 to N"};
        Simulation simulation{o};
        simulation.run();
        simulation.print();
        return 0;
    });
}
