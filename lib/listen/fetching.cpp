#include "listen/fetching.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/program.hpp"
#include "song/manifest.hpp"

namespace stretto::listen {
/// One song, and the file it goes to.
struct Fetching::Job {
    std::string song;
    song::Manifest manifest;
    const song::Rendition* rendition = nullptr;
    std::optional<ogg::Joiner> joiner;
    ogg::ChunkReader reader;
    std::optional<Draft> file;
    bool to_stdout = false;
    std::size_t chunks = 0;
    std::optional<Error> broken;  // of writing
    std::unique_ptr<Loader> loader;

    void found(const song::Manifest& m, const song::Rendition& r) {
        manifest = m;
        rendition = &r;
        joiner.emplace(static_cast<std::uint32_t>(r.kbps), song::comments_of_tags(m.tags));
    }
    void write(const Bytes& chunk, bool last) {
        ++chunks;
        if (broken || (!file && !to_stdout)) return;
        try {
            const auto facts = must(reader.read(chunk), song);
            Bytes pages;
            joiner->add(pages, chunk, facts, reader.headers(), last);
            if (to_stdout)
                write_all(STDOUT_FILENO, pages, "standard output");
            else
                file->write(pages);
            if (last && file) file->commit();
        } catch (const Error& error) {
            broken = error;
        }
    }
};

Fetching::Fetching(const Options& options)
    : options_(options),
      presence_(loop_, options.presence),
      seeds_(std::random_device{}()),
      later_(loop_, [this] { stop(); }) {}

Fetching::~Fetching() = default;

int Fetching::run(std::deque<std::string> songs) {
    std::signal(SIGPIPE, SIG_IGN);
    waiting_ = std::move(songs);
    const auto end = [this] {
        interrupted_ = !sharing_;
        stop();
    };
    const net::Signal term{loop_, SIGTERM, end}, interrupt{loop_, SIGINT, end};
    loop_.post([this] {
        for (int i = 0; i < options_.jobs; ++i) begin_next();
    });
    loop_.run();
    presence_.remember_edges();
    if (interrupted_) throw Error{EX_TEMPFAIL, "interrupted"};
    for (const int status : {EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL})
        if (std::ranges::find(exits_, status) != exits_.end()) return status;
    return exits_.empty() ? 0 : exits_.front();
}

void Fetching::stop() {
    waiting_.clear();
    presence_.leave([this] { loop_.stop(); });
}

void Fetching::begin_next() {
    if (waiting_.empty()) {
        if (!jobs_.empty() || sharing_) return;
        sharing_ = true;
        if (options_.share_seconds <= 0 || !presence_.shares()) return stop();
        if (std::isfinite(options_.share_seconds))
            later_.once(std::chrono::milliseconds{
                static_cast<std::int64_t>(options_.share_seconds * 1000)});
        return;
    }
    auto& job = jobs_.emplace_back();
    job.song = std::move(waiting_.front());
    waiting_.pop_front();
    job.to_stdout = options_.output == "-" && !options_.many;
    Loader::Options how;
    how.kbps = options_.kbps;
    how.in_order = job.to_stdout;
    how.peers_first = options_.peers_first;
    how.seed = seeds_++;
    Loader::Calls calls;
    calls.found = [this, &job](const song::Manifest& m, const song::Rendition& r) {
        job.found(m, r);
        if (options_.output.empty() || job.to_stdout) return;
        try {
            job.file.emplace(options_.many
                                 ? std::filesystem::path{options_.output} / (job.song + ".ogg")
                                 : std::filesystem::path{options_.output});
        } catch (const Error& error) {
            job.broken = error;
        }
    };
    calls.chunk = [this, &job](const Bytes& chunk, bool last) {
        job.write(chunk, last);
        if (job.broken) return job.loader->give_up(job.broken->exit(), job.broken->what());
        const auto title = song::first_tag(job.manifest.tags, "TITLE");
        progress_.show(
            static_cast<double>(job.chunks) / static_cast<double>(job.rendition->chunks.size()),
            text(printable(title.empty() ? job.song : title), ", ", job.rendition->kbps,
                 " kbit/s"));
    };
    if (options_.verbose)
        calls.gave = [](const Gave& gave) {
            if (gave.end > gave.first)
                note(text("chunk ", gave.chunk, " pieces ", gave.first, "-", gave.end - 1, ": ",
                          gave.who, ", ", gave.bytes, " bytes in ", gave.ms, " ms"));
            else
                note(text("chunk ", gave.chunk, ": ", gave.who, ", ", gave.bytes, " bytes"));
        };
    calls.done = [this, &job](Outcome outcome) { ended(job, std::move(outcome)); };
    job.loader = std::make_unique<Loader>(presence_.around(), job.song, how, std::move(calls));
}

void Fetching::ended(Job& job, Outcome outcome) {
    if (outcome.exit == 0 && job.broken) {
        outcome.exit = job.broken->exit();
        outcome.why = job.broken->what();
    }
    if (job.broken && job.to_stdout) end_if_nobody_reads();
    tell(job, outcome);
    if (outcome.exit != 0) exits_.push_back(outcome.exit);
    // its own callback runs: destroyed in the loop's next turn
    loop_.post([this, &job] {
        jobs_.remove_if([&](const Job& other) { return &other == &job; });
        begin_next();
    });
}

void Fetching::tell(const Job& job, const Outcome& o) const {
    if (o.exit != 0) note(options_.many ? text(job.song, ": ", o.why) : o.why);
    if (!options_.json) return;
    nlohmann::ordered_json line{
        {"song", job.song},
        {"id", o.id},
        {"kbps", o.kbps},
        {"bytes", {{"cache", o.bytes[0]}, {"peer", o.bytes[1]}, {"edge", o.bytes[2]}}},
        {"wasted_bytes", o.wasted},
        {"first_byte_ms", o.first_byte_ms},
        {"total_ms", o.total_ms},
        {"retries", o.retries},
        {"bans", o.bans},
        {"exit", o.exit}};
    if (o.exit != 0) line["why"] = o.why;
    auto& out = options_.output == "-" ? std::cerr : std::cout;
    out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

namespace {

/// Columns for people: id, names, artist, title.
std::string columns(const nlohmann::json& song) {
    const auto field = [&](const char* key) {
        return song.contains(key) && song[key].is_string() ? printable(song[key].get<std::string>())
                                                           : std::string{};
    };
    std::string names;
    if (song.contains("names") && song["names"].is_array())
        for (const auto& name : song["names"])
            if (name.is_string()) names += (names.empty() ? "" : ",") + name.get<std::string>();
    return text(field("id"), '\t', names.empty() ? "-" : printable(names), '\t', field("artist"),
                '\t', field("title"));
}

}  // namespace

int list_songs(net::Loop& loop, Presence& presence, const std::string& words, bool json) {
    auto listed = Presence::Listed::failed;
    std::string why;
    presence.search(
        words,
        [&](const std::string& song) {
            std::cout << (json ? song : columns(nlohmann::json::parse(song))) << '\n';
        },
        [&](Presence::Listed how, const std::string& because) {
            listed = how;
            why = because;
            loop.stop();
        });
    loop.run();
    if (listed == Presence::Listed::failed) throw Error{EX_TEMPFAIL, why};
    return listed == Presence::Listed::some ? 0 : 1;
}

int Fetching::search(const std::string& words) {
    return list_songs(loop_, presence_, words, options_.json);
}

}  // namespace stretto::listen
