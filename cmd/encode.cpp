// stretto-encode: any audio file to one Ogg stream that holds a Vorbis stream per bitrate. See
// stretto-encode(1).
#include "publish/encode.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <regex>
#include <thread>

#include "audio/vorbis.hpp"
#include "base/apart.hpp"
#include "base/confine.hpp"
#include "base/draft.hpp"
#include "base/json_value.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "song/ladder.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-encode song.flac | stretto-chunk | stretto-publish store\n"
    "  stretto-encode -b 96,320 -o song.ogg --print-stats - <song.mp3\n"
    "  stretto-encode --measure *.flac";

struct Options {
    std::vector<std::string> inputs;
    std::vector<int> kbps{std::begin(song::default_ladder), std::end(song::default_ladder)};
    publish::Source decoder;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    double lufs = -14, true_peak = -1;
    std::optional<double> gain;
    std::string raw;
    bool no_normalize = false, measure = false, json = false, print_stats = false, verbose = false;
    std::string output = "-", stats;
};

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// What a terminal shows while we work: share, speed, time left.
class Clock {
   public:
    explicit Clock(Progress& progress) : progress_(progress) {}
    publish::Report doing(std::string what, double from, double to) {
        return [this, what = std::move(what), from, to](double share, double seconds) {
            if (!progress_.shown()) return;
            const double elapsed =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
            const double all = share < 0 ? -1 : from + (to - from) * std::min(1.0, share);
            std::string line = text(what, " ", clock_text(seconds));
            if (elapsed > 0.5 && all > 0.01)
                line += text(", ", static_cast<int>(seconds / elapsed), " x real time, ",
                             clock_text(elapsed / all - elapsed), " left");
            progress_.show(all, line);
        };
    }

   private:
    Progress& progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

publish::Recording record(const Options& o, const std::string& input, bool keep_pcm,
                          const publish::Report& report) {
    const File file = open_input(input);
    auto recording = publish::record(file.fd(), input == "-" ? "standard input" : input, o.decoder,
                                     keep_pcm, report);
    for (const auto& why : recording.damage)
        note(text("'", recording.subject, "': ", why, " (passed over)"));
    for (const auto& what : recording.notes) note(text("'", recording.subject, "': ", what));
    return recording;
}

Json number(std::optional<double> value) {
    return value ? Json(std::round(*value * 100) / 100) : Json();
}
std::string column(std::optional<double> value) {
    if (!value) return "-";
    char out[32];
    std::snprintf(out, sizeof out, "%.2f", *value);
    return out;
}

void print_measure(const Options& o, const std::string& name, std::optional<double> lufs,
                   std::optional<double> peak) {
    const auto gain = audio::choose_gain(lufs, peak, o.lufs, o.true_peak);
    const char* limited = gain.limited ? "true_peak" : "none";
    if (o.json)
        std::cout << Json{{"file", name},
                          {"source_lufs", number(lufs)},
                          {"source_true_peak", number(peak)},
                          {"gain_db", number(gain.db)},
                          {"limited_by", limited}}
                         .dump()
                  << '\n';
    else
        std::cout << column(lufs) << '\t' << column(peak) << '\t' << column(gain.db) << '\t'
                  << limited << '\t' << printable(name) << '\n';
}

bool is_regular(const std::string& input) {
    std::error_code none;
    return input != "-" && std::filesystem::is_regular_file(input, none);
}

/// What decodes a stranger's file from here on reads this file and writes what is open. It opens
/// nothing else, has no network and runs no program.
void confine_to(const Options& o, bool keep_pcm) {
    std::size_t spools = keep_pcm;
    Confinement rights;
    for (const auto& input : o.inputs) {
        spools += !is_regular(input);
        if (input != "-") rights.readable.emplace_back(input);
    }
    for (const auto& file : {o.decoder.cover, o.decoder.cue})
        if (!file.empty()) rights.readable.emplace_back(file);
    prepare_spools(spools);
    const auto missing = confine(rights);
    if (!missing.empty() && o.verbose) note(text("this kernel has no ", missing));
}

/// Each file, and all together as one: the gain that keeps an album's inner balance.
int measure(const Options& o) {
    confine_to(o, false);
    std::vector<publish::Recording> all;
    std::optional<double> loudest;
    if (!o.json) std::cout << "LUFS\tdBTP\tgain\tlimited\tfile\n";
    for (const auto& input : o.inputs) {
        Progress progress;
        all.push_back(record(o, input, false, Clock{progress}.doing("measure " + input, 0, 1)));
        progress.wipe();
        const auto peak = all.back().meter.true_peak();
        if (peak && (!loudest || *peak > *loudest)) loudest = peak;
        print_measure(o, input, all.back().meter.lufs(), peak);
    }
    std::vector<const audio::Meter*> meters;
    for (const auto& recording : all) meters.push_back(&recording.meter);
    print_measure(o, "all", audio::Meter::lufs_of_all(meters), loudest);
    return 0;
}

publish::Encoding plan(const Options& o, const publish::Recording& recording) {
    const auto lufs = recording.meter.lufs(), peak = recording.meter.true_peak();
    auto gain = audio::choose_gain(lufs, peak, o.lufs, o.true_peak);
    if (o.no_normalize || o.gain) gain = {o.gain.value_or(0), false, gain.silent};
    if (gain.silent && !o.no_normalize && !o.gain)
        note(text(
            "'", recording.subject, "' is ",
            recording.seconds() < 0.4 ? "shorter than 0.4 s, too short to measure"
                                      : "nearly silent",
            gain.limited ? ": only its true peak is lowered" : ": its loudness is left alone"));
    if (o.gain && peak && *peak + gain.db > o.true_peak)
        note(text("'", recording.subject, "': with this gain the true peak is ",
                  column(*peak + gain.db), " dBTP"));
    const auto after = [&](std::optional<double> before) {
        return before ? std::optional{*before + gain.db} : before;
    };
    return {o.kbps,
            gain.db,
            {lufs, peak, gain.db, after(lufs), after(peak), gain.limited ? "true_peak" : "none"},
            o.threads};
}

Json stats(const publish::Recording& r, const publish::Encoding& e, const publish::Encoded& done,
           double elapsed) {
    Json json{{"input", r.subject},
              {"format", r.format},
              {"seconds", r.seconds()},
              {"source_rate", r.source_rate},
              {"source_channels", r.source_channels},
              {"rate", r.rate},
              {"channels", r.pcm.channels()}};
    json.update(must(Json::parse(song::print_loudness(e.loudness)), "loudness"));
    json["silent"] = !r.meter.lufs() || *r.meter.lufs() < audio::silence_lufs;
    json["renditions"] = Json::array();
    for (std::size_t i = 0; i < e.kbps.size(); ++i)
        json["renditions"].push_back(
            {{"kbps", e.kbps[i]},
             {"average_kbps",
              std::llround(static_cast<double>(done.bytes[i]) * 8 / r.seconds() / 1000)},
             {"bytes", done.bytes[i]}});
    json["damage"] = r.damage;
    json["notes"] = r.notes;
    const auto build = audio::vorbis_build();
    json["libvorbis"] = {{"version", build.version}, {"build_ids", Json::object()}};
    for (const auto& [file, id] : build.build_ids) json["libvorbis"]["build_ids"][file] = id;
    json["machine"] = build.machine;
    json["cpu_features"] = build.cpu_features;
    json["cpu_seconds"] = number(cpu_seconds());
    json["vorbis_cpu_seconds"] = number(done.vorbis_cpu_seconds);
    json["elapsed_seconds"] = number(elapsed);
    return json;
}

/// @param file  nullopt: none was named
void write_stats(const Options& o, std::optional<Draft>& file, const Json& json) {
    const auto line = json.dump() + "\n";
    if (o.print_stats) write_all(STDERR_FILENO, as_bytes(line), "standard error");
    if (file) file->write(as_bytes(line));
}

/// @param file, stats_file  nullopt: there is none
void encode_into(const Options& o, std::optional<Draft>& file, std::optional<Draft>& stats_file) {
    const auto start = std::chrono::steady_clock::now();
    Progress progress;
    Clock clock{progress};
    confine_to(o, true);
    const auto recording = record(o, o.inputs[0], true, clock.doing("measure", 0, 0.2));
    const auto encoding = plan(o, recording);
    const auto done = publish::encode(
        recording, encoding,
        [&](BytesView bytes) {
            file ? file->write(bytes) : write_all(STDOUT_FILENO, bytes, "standard output");
        },
        clock.doing("encode", 0.2, 1));
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write_stats(o, stats_file, stats(recording, encoding, done, elapsed));
}

int encode(const Options& o) {
    if (o.inputs.size() != 1)
        throw Error{EX_USAGE, "one INPUT at a time (several only with --measure)"};
    namespace fs = std::filesystem;
    std::error_code none;
    if (!o.stats.empty() && o.output != "-" && !fs::is_character_file(o.output, none) &&
        fs::weakly_canonical(fs::absolute(o.output, none), none) ==
            fs::weakly_canonical(fs::absolute(o.stats, none), none))
        throw Error{EX_USAGE, "--output and --stats name the same file"};
    if (o.output == "-" && ::isatty(STDOUT_FILENO))
        throw Error{EX_USAGE, "standard output is a terminal: use a pipe, or -o FILE"};
    std::optional<Draft> file;  // first: what cannot be written is told before the work
    if (o.output != "-") file.emplace(o.output);
    std::optional<Draft> stats_file;
    if (!o.stats.empty()) stats_file.emplace(o.stats);
    // who decodes has no right to any name: this process gives them
    const auto status = file || stats_file ? work_apart() : std::nullopt;
    if (!status) {
        encode_into(o, file, stats_file);
        return 0;
    }
    if (*status != 0) return *status;
    if (file) file->commit();
    if (stats_file) stats_file->commit();
    return 0;
}

audio::Decoder::Raw raw_of(const std::string& text_of) {
    static const std::regex form{"([a-z0-9]{1,16}):([0-9]{4,6}):([0-9]{1,2})"};
    std::smatch part;
    if (!std::regex_match(text_of, part, form))
        throw Error{EX_USAGE, text("'", text_of, "' is not FORMAT:HZ:CHANNELS, as s16le:44100:2")};
    const audio::Decoder::Raw raw{part[1], std::stoi(part[2]), std::stoi(part[3])};
    if (raw.channels < 1 || raw.channels > 16 || raw.rate < 1000 || raw.rate > 768000)
        throw Error{EX_USAGE, text("'", text_of, "': 1 to 16 channels of 1000 to 768000 Hz")};
    return raw;
}

void check(Options& o) {
    std::ranges::sort(o.kbps);
    for (std::size_t i = 0; i < o.kbps.size(); ++i) {
        if (i > 0 && o.kbps[i] == o.kbps[i - 1])
            throw Error{EX_USAGE, text("bitrate ", o.kbps[i], " is given twice")};
        if (audio::quality_of(o.kbps[i])) continue;
        std::string known;
        for (int kbps : audio::known_kbps()) known += text(known.empty() ? "" : ", ", kbps);
        throw Error{EX_USAGE,
                    text("no quality step is called ", o.kbps[i], " (there are ", known, ")")};
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{
        "Encode any audio file for streaming: loudness -14 LUFS, one Ogg stream with a Vorbis "
        "stream per bitrate."};
    app.add_option("-b,--bitrates", o.kbps,
                   "Quality steps, named by their nominal kbit/s and separated by commas")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("-r,--rate", o.decoder.rate, "Sample rate, Hz")
        ->range(8000, 192000)
        ->capture_default_str();
    app.add_option("-o,--output", o.output, "Output file; - is standard output")
        ->capture_default_str();
    app.add_option("-j,--jobs", o.threads,
                   "Renditions to encode in parallel; the output does not depend on it")
        ->range(1, 64)
        ->capture_default_str();
    app.add_option("--lufs", o.lufs, "Target loudness, LUFS")
        ->range(-70.0, 0.0)
        ->capture_default_str();
    app.add_option("--true-peak", o.true_peak, "Highest true peak, dBTP")
        ->range(-30.0, 6.0)
        ->capture_default_str();
    auto* plain = app.add_flag("--no-normalize", o.no_normalize, "Do not change the loudness");
    app.add_option("--gain", o.gain,
                   "Apply this gain in dB, such as an album's gain from --measure")
        ->range(-100.0, 100.0)
        ->excludes(plain);
    app.add_flag("--measure", o.measure,
                 "Only print loudness, true peak and gain of each INPUT and of all together");
    app.add_flag("--json", o.json, "With --measure: one JSON object per line");
    app.add_flag("--single-mono", o.decoder.single_mono,
                 "Measure mono as played by one loudspeaker instead of two");
    auto* cover = app.add_option("--cover", o.decoder.cover,
                                 "Use this picture as cover instead of a picture inside INPUT")
                      ->type_name("FILE");
    app.add_flag("--no-cover", o.decoder.no_cover, "Do not keep a cover")->excludes(cover);
    app.add_option("--cue", o.decoder.cue, "Use this cue sheet instead of one inside INPUT")
        ->type_name("FILE");
    app.add_option("--cue-track", o.decoder.cue_track, "Encode only this track of the cue sheet")
        ->range(1, 999);
    app.add_option("--track", o.decoder.track,
                   "Use this audio track of a file with several, counted from 1")
        ->range(1, 1000);
    app.add_option(
           "--raw", o.raw,
           "Read samples without a header: format, rate and channels, such as s16le:44100:2")
        ->type_name("FORMAT:HZ:N");
    app.add_flag("--keep-going", o.decoder.keep_going,
                 "Skip damage inside the input, and report it");
    app.add_flag("-v,--verbose", o.verbose,
                 "Report which protections against malicious input the kernel lacks");
    app.add_flag("--print-stats", o.print_stats,
                 "Write one JSON line about the run to standard error");
    app.add_option("--stats", o.stats, "Write the line of --print-stats to a file")
        ->type_name("FILE");
    app.add_option("INPUT", o.inputs, "An audio file, or a video with sound; - is standard input")
        ->required();
    return program(app, argc, argv, examples, [&] {
        if (!o.decoder.cue.empty() && o.decoder.cue_track == 0)
            throw Error{EX_USAGE, "--cue needs --cue-track: one song at a time"};
        if (!o.raw.empty()) o.decoder.raw = raw_of(o.raw);
        check(o);
        return o.measure ? measure(o) : encode(o);
    });
}
