// stretto-simulate: the player over recorded networks, on a virtual clock. See stretto-simulate(1).
#include <unistd.h>

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
    "  stretto-simulate --traces traces --abr stretto,bola,mpc,seed,96 --songs 1000\n"
    "  stretto-simulate --traces traces --scenarios traces/scenarios.tsv --optimum\n"
    "  stretto-simulate --traces traces --abr stretto,bola,mpc,seed --songs 1000 | stretto-report\n"
    "  stretto-simulate --traces traces --least 640 --kill-edges 1 --songs 100000 --table\n"
    "  stretto-simulate --traces traces --manifest manifest.json --json | jq .q\n"
    "  stretto-simulate --listeners 10000 --fetch --arrivals flash\n"
    "  stretto-simulate --listeners 1000 --hours 2";

struct Options {
    std::string traces, scenarios, manifest;
    std::vector<std::string> policies{"stretto", "bola", "mpc", "throughput", "seed"};
    std::size_t songs = 0;
    std::uint64_t seed = 1;
    double song_s = 210;
    sim::PlayerSettings player;
    std::string events;
    double least_kbps = 0, kill_edges = 0, silence_edges = 0;
    bool optimum = false, json = false, table = false, part = false;
    std::vector<int> parts;
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
                throw Error{EX_USAGE, text("no policy is called '", name, "'")};
            plays_.push_back({name, {}, 0});
        }
        if (!o.events.empty()) events_ = std::make_unique<events::Writer>(o.events);
    }

    void run() {
        const auto songs = o_.songs ? o_.songs : scenarios_.size();
        Progress progress;
        for (std::size_t i = 0; i < songs; ++i) {
            one(i);
            progress.show(static_cast<double>(i + 1) / static_cast<double>(songs), "songs");
        }
        if (events_) events_->flush();
    }

    void print() const {
        std::vector<sim::Summary> rows;
        for (const auto& plays : plays_)
            rows.push_back(sim::summarize(plays, optimum_, plays_.front()));
        if (o_.json) {
            for (const auto& row : rows) std::cout << json_of(row).dump() << '\n';
            return;
        }
        // where the events go, a program reads
        auto& out = o_.events == "-" ? std::cerr : std::cout;
        print_table(out, rows);
        out << '\n' << report::print_text({published()}, {});
    }

   private:
    void keep_part() {
        std::erase_if(scenarios_, [&](const sim::Scenario& s) {
            return static_cast<int>(hash_of(s.file) % static_cast<unsigned>(o_.parts[1])) + 1 !=
                   o_.parts[0];
        });
        if (scenarios_.empty()) throw Error{EX_NOINPUT, "no trace in this part"};
    }

    /// The same song over the same link for every policy.
    void one(std::size_t i) {
        const auto& scenario = scenarios_[i % scenarios_.size()];
        const auto link = recordings_.link(scenario, o_.least_kbps);
        const auto kill = kill_of(i);
        const auto song = song_ ? *song_ : sim::made_song(o_.song_s, o_.seed * 0x100000001b3 + i);
        Json line{{"file", scenario.file}, {"offset_s", scenario.offset_s}};
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
        settings.first_kbps = policy == "seed" ? 160 : fixed > 0 ? fixed : 96;
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
    static Json json_of(const sim::Summary& s) {
        Json line{{"policy", s.policy}, {"songs", s.songs}, {"q", s.q}};
        if (s.of_optimum != 0) line["percent_of_optimum"] = s.of_optimum;
        line.update(Json{{"percent_without_stall", s.no_stall},
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

    void print_table(std::ostream& out, const std::vector<sim::Summary>& rows) const {
        out << rows.front().songs << " songs over " << scenarios_.size() << " scenarios\n"
            << "policy          Q  %opt  no stall%  stalled s   kbit/s  changes  start "
               "p50  p95 s  wasted%  songs/s  first ahead\n";
        for (const auto& s : rows) print_row(out, s);
        if (optimum_.empty()) return;
        out << std::setprecision(2) << "optimum    " << std::setw(6) << mean(optimum_)
            << "  with splicing\noptimum    " << std::setw(6) << mean(whole_) << "  whole chunks\n";
    }
    static void print_row(std::ostream& out, const sim::Summary& s) {
        const auto number = [&out](double value, int width, int digits) {
            out << std::setw(width) << std::setprecision(digits) << value;
        };
        out << std::left << std::setw(11) << s.policy << std::right << std::fixed;
        number(s.q, 6, 2);
        if (s.of_optimum != 0)
            number(s.of_optimum, 6, 1);
        else
            out << "     -";
        number(s.no_stall, 11, 1);
        number(s.stalled_s, 11, 2);
        number(s.kbps, 9, 1);
        number(s.switches, 9, 2);
        number(s.start_p50_s, 11, 2);
        number(s.start_p95_s, 7, 2);
        number(s.wasted, 9, 2);
        number(s.songs_per_s, 9, 0);
        number(s.ahead, 8, 2);
        out << " +-";
        number(s.ahead_error, 5, 2);
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
    app.add_option("--traces", o.traces, "A folder of recordings: lines of a second and its kbit/s")
        ->type_name("DIR");
    app.add_option("--scenarios", o.scenarios,
                   "Which of them, from where on, how much faster, at which round trip; by default "
                   "each once, as it is")
        ->type_name("FILE");
    app.add_option("--part", o.parts,
                   "Only the recordings of part K of N, divided by their names: to tune on some "
                   "and to test on others")
        ->expected(2)
        ->range(1, 1000)
        ->type_name("K N");
    app.add_option("--abr", o.policies, "Policies to compare, the first with all others")
        ->delimiter(',')
        ->type_name("NAME,...")
        ->capture_default_str();
    app.add_option("--songs", o.songs, "How many to play; by default one for each scenario")
        ->range(1, 100000000);
    app.add_option("--seed", o.seed, "Other songs")->capture_default_str();
    app.add_option("--length", o.song_s, "Seconds of each")->range(1, 36000)->capture_default_str();
    app.add_option("--manifest", o.manifest, "Play this song instead of made-up ones")
        ->type_name("FILE");
    app.add_option("--buffer", o.player.buffer_s, "Seconds above which nothing more is asked for")
        ->range(5.0, 600.0)
        ->capture_default_str();
    app.add_option("--lead", o.player.lead_s, "The same until 30 s were heard")
        ->range(5.0, 600.0)
        ->capture_default_str();
    app.add_option("--least", o.least_kbps, "No second of a link carries less, kbit/s")
        ->range(0.0, 1e9);
    app.add_option("--kill-edges", o.kill_edges,
                   "In this share of the songs the edge that is asked ends at some moment, and "
                   "its connections with it; there are two more")
        ->range(0.0, 1.0)
        ->type_name("SHARE");
    app.add_option("--silence-edges", o.silence_edges,
                   "In this share, of the others, it just says nothing any more")
        ->range(0.0, 1.0)
        ->type_name("SHARE");
    app.add_option("-o,--events", o.events,
                   "Append what happens to this file, as stretto-play does; - is standard output, "
                   "which is also where it goes when that is no terminal and nothing else is asked "
                   "for")
        ->type_name("FILE");
    app.add_flag("--table", o.table, "The table on standard output, whatever that is");
    app.add_flag("--optimum", o.optimum,
                 "Also search for the best that could have been made of each link; slow");
    app.add_flag("--json", o.json, "A line of JSON for each song, then one for each policy");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{"Play songs over recorded networks on a virtual clock, and compare policies."};
    add_options(app, o);
    CrowdOptions crowd;
    crowd.add_to(app);
    return program(app, argc, argv, examples, [&] {
        if (crowd.settings.listeners > 0) {
            crowd.run(o.seed, o.song_s, o.policies.front(), o.json);
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
