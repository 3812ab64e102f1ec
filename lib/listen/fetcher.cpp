#include "listen/fetcher.hpp"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "listen/interrupts.hpp"
#include "ogg/join.hpp"

namespace stretto::listen {

/// One song and its output file.
struct Fetcher::Job {
    std::string song;
    const song::Rendition* rendition = nullptr;
    std::optional<ogg::Joiner> joiner;
    ogg::ChunkReader reader;
    std::optional<Draft> file;
    bool to_stdout = false;
    std::optional<Error> broken;  // error while writing
    std::unique_ptr<Driver> driver;
    double began = 0, first = -1;          // s
    std::array<std::uint64_t, 3> bytes{};  // correct bytes from cache, peers and edges
    std::uint64_t wasted = 0;
    int retries = 0, bans = 0;

    void write(const Bytes& chunk, bool last) {
        const auto facts = must(reader.read(chunk), song);
        Bytes pages;
        joiner->add(pages, chunk, facts, reader.headers(), last);
        if (to_stdout)
            write_all(STDOUT_FILENO, pages, "standard output");
        else
            file->write(pages);
        if (last && file) file->commit();
    }
};

Fetcher::Fetcher(const Options& options)
    : options_(options),
      presence_(loop_, options.presence, note),
      seeds_(std::random_device{}()),
      later_(loop_, [this] { stop(); }) {}

Fetcher::~Fetcher() = default;

int Fetcher::run(std::deque<std::string> songs) {
    std::signal(SIGPIPE, SIG_IGN);
    waiting_ = std::move(songs);
    const auto end = [this] {
        interrupted_ = !sharing_;
        stop();
    };
    const Interrupts interrupts{loop_, end};
    loop_.post([this] {
        for (int i = 0; i < options_.jobs; ++i) begin_next();
    });
    loop_.run();
    presence_.remember_edges();
    if (interrupted_) throw Error{EX_TEMPFAIL, "interrupted"};
    for (const int status : {EX_DATAERR, EX_NOPERM, EX_UNAVAILABLE, EX_TEMPFAIL})
        if (std::ranges::find(exits_, status) != exits_.end()) return status;
    return exits_.empty() ? 0 : exits_.front();
}

void Fetcher::stop() {
    waiting_.clear();
    presence_.leave([this] { loop_.stop(); });
}

void Fetcher::begin_next() {
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
    job.began = static_cast<double>(loop_.now_ms()) / 1000;
    gather::Conductor::Options how;
    how.tracker = presence_.tracker() != nullptr;
    how.peers = presence_.asks_peers();
    how.local_peers = presence_.local_peers();
    how.rtc_peers = presence_.rtc_peers();
    if (how.tracker) how.self = presence_.tracker()->peer_id();
    how.keeps = presence_.kept() != nullptr;
    how.first_kbps = options_.kbps;
    how.first_beside_tracker = false;  // in a crowd, peers may have it
    how.retry.patience_s = options_.patience_s;
    how.retry.seed = seeds_;
    gather::Fetching::Wish wish;
    wish.kbps = options_.kbps;
    wish.in_order = job.to_stdout;
    wish.peers_first = options_.peers_first;
    wish.index = options_.index;
    wish.seed = seeds_++;
    Driver::Calls calls;
    calls.found = [this, &job](const song::Manifest& manifest) { found(job, manifest); };
    calls.deliver = [this, &job](int chunk, const Bytes& bytes) { deliver(job, chunk, bytes); };
    calls.came = [this, &job](const gather::Came& c, const std::string& from, bool hit) {
        came(job, c, from, hit);
    };
    calls.reject = [&job](const std::string&, int, const char*) { ++job.bans; };
    calls.ended = [this, &job](const gather::End& end) { ended(job, end); };
    job.driver = std::make_unique<Driver>(
        presence_, job.song, false,
        std::make_unique<gather::Fetching>(presence_.edges(), how, wish), std::move(calls));
    job.driver->start();
}

void Fetcher::found(Job& job, const song::Manifest& manifest) {
    job.rendition = &job.driver->manifest().best(options_.kbps);
    job.joiner.emplace(static_cast<std::uint32_t>(job.rendition->kbps),
                       song::comments_of_tags(manifest.tags));
    try {
        if (options_.found) options_.found(manifest);
        if (options_.output.empty() || job.to_stdout) return;
        job.file.emplace(options_.many
                             ? std::filesystem::path{options_.output} / (job.song + ".ogg")
                             : std::filesystem::path{options_.output});
    } catch (const Error& error) {
        job.broken = error;
    }
}

void Fetcher::deliver(Job& job, int chunk, const Bytes& bytes) {
    const auto chunks = job.rendition->chunks.size();
    try {
        if (job.broken) throw Error{*job.broken};
        if (job.file || job.to_stdout)
            job.write(bytes, static_cast<std::size_t>(chunk) + 1 == chunks);
    } catch (const Error& error) {
        job.broken = error;
        return job.driver->give_up({error.exit(), error.what()});
    }
    const auto title = song::first_tag(job.driver->manifest().tags, "TITLE");
    progress_.show(
        static_cast<double>(chunk + 1) / static_cast<double>(chunks),
        text(printable(title.empty() ? job.song : title), ", ", job.rendition->kbps, " kbit/s"));
}

void Fetcher::came(Job& job, const gather::Came& c, const std::string& from, bool hit) {
    using From = gather::Ask::From;
    job.bytes[c.ask.from == From::cache ? 0 : c.ask.from == From::peer ? 1 : 2] += c.right;
    job.wasted += c.bytes - std::min(c.bytes, c.right);
    if (!c.whole && c.ask.from == From::peer) ++job.retries;
    if (job.first < 0 && c.right > 0) job.first = c.first < 0 ? c.ended : c.first;
    if (!options_.verbose || !c.whole) return;
    progress_.wipe();
    const auto who = c.ask.from == From::cache  ? "cache"
                     : c.ask.from == From::peer ? text("peer ", from)
                                                : text("edge ", from, hit ? " HIT" : "");
    const auto ms = std::llround((c.ended - c.asked) * 1000);
    if (c.ask.end_piece > c.ask.first_piece)
        note(text("chunk ", c.ask.chunk, " pieces ", c.ask.first_piece, "-", c.ask.end_piece - 1,
                  ": ", who, ", ", c.bytes, " bytes in ", ms, " ms"));
    else
        note(text("chunk ", c.ask.chunk, ": ", who, ", ", c.bytes, " bytes in ", ms, " ms"));
}

void Fetcher::ended(Job& job, const gather::End& end) {
    if (job.broken && job.to_stdout) end_if_nobody_reads();
    tell(job, end);
    if (end.status != 0) exits_.push_back(end.status);
    // called by its own driver, so destroy it in the loop's next turn
    loop_.post([this, &job] {
        jobs_.remove_if([&](const Job& other) { return &other == &job; });
        begin_next();
    });
}

void Fetcher::tell(const Job& job, const gather::End& end) {
    if (end.status != 0) progress_.wipe();
    if (end.status != 0) note(options_.many ? text(job.song, ": ", end.why) : end.why);
    if (!options_.json) return;
    const auto ms = [&](double at) { return std::llround((at - job.began) * 1000); };
    nlohmann::ordered_json line{
        {"song", job.song},
        {"id", job.driver->manifest().id},
        {"kbps", job.rendition ? job.rendition->kbps : 0},
        {"bytes", {{"cache", job.bytes[0]}, {"peer", job.bytes[1]}, {"edge", job.bytes[2]}}},
        {"wasted_bytes", job.wasted},
        {"first_byte_ms", job.first < 0 ? -1 : ms(job.first)},
        {"total_ms", ms(static_cast<double>(loop_.now_ms()) / 1000)},
        {"retries", job.retries + job.driver->conductor().retry().total()},
        {"bans", job.bans},
        {"exit", end.status}};
    if (end.status != 0) line["why"] = end.why;
    progress_.wipe();
    auto& out = options_.output == "-" ? std::cerr : std::cout;
    out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

namespace {

/// Print columns: id, names, artist, title.
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
    const Interrupts interrupts{loop, [&] {
                                    listed = Presence::Listed::failed;
                                    why = "interrupted";
                                    loop.stop();
                                }};
    loop.run();
    if (listed == Presence::Listed::unconfigured || listed == Presence::Listed::unable)
        throw Error{EX_UNAVAILABLE, why};
    if (listed == Presence::Listed::failed) throw Error{EX_TEMPFAIL, why};
    return listed == Presence::Listed::some ? 0 : 1;
}

int Fetcher::search(const std::string& words) {
    return list_songs(loop_, presence_, words, options_.json);
}

}  // namespace stretto::listen
