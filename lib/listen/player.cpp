#include "listen/player.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>

#include "base/program.hpp"

namespace stretto::listen {
namespace {

constexpr std::chrono::milliseconds tick_ms{20};
constexpr double next_from_s = 30;  // what is left of a song when the next begins to load
constexpr double between_progress = 1, between_posted_progress = 10;  // s
constexpr std::size_t most_sources = 12;
constexpr std::size_t first_step = 4096;  // bytes; a page of the lowest bitrate has a few thousand
constexpr double urgent_s = 5;            // with less in hand, all the network is for what plays

std::int64_t utc_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

const char* name_of(Origin origin) {
    switch (origin) {
        case Origin::cache:
            return "cache";
        case Origin::peer:
            return "peer";
        case Origin::edge:
            break;
    }
    return "edge";
}

}  // namespace

struct Player::Song {
    std::size_t number = 0;
    std::string name, title, artist;
    std::optional<Playout> playout;
    std::unique_ptr<Download> download;
    std::optional<events::Session> events;
    std::vector<Session::Part> parts;  // by want, the newest last; for the bitrate that is heard
    int want = -1;                     // whose bytes the decoder has now
    double begun = 0;                  // s, when it was asked for
    double heard_s = 0, stalled_at = 0, told = 0;
    std::int64_t first_byte_ms = -1;
    std::int64_t written_before = 0;  // frames of the sink when its first was written
    bool started = false, playing = false, failed = false;
    bool sought = false;  // waits for what was sought, which is no stall
    std::string why;
    int exit = 0;

    std::int64_t samples() const { return download->manifest().samples; }
    int rate() const { return playout->rate(); }
    double in_hand_s() const {
        return static_cast<double>(playout->end() - playout->position()) / rate();
    }
    bool done() const { return playout && playout->position() >= samples(); }
    /// The bitrate that is heard at a sample.
    int kbps_at(std::int64_t sample) const {
        int kbps = 0;
        for (const auto& part : parts)
            if (part.from <= sample)
                kbps =
                    download->manifest().renditions[static_cast<std::size_t>(part.rendition)].kbps;
        return kbps;
    }
};

Player::Player(const Options& options)
    : options_(options),
      presence_(loop_, options.presence),
      tick_(loop_, [this] { tick(); }),
      leave_(loop_, [this] { leave(); }) {
    say_ = note;
    options_.sink.clock = [] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    };
    open_events();
}

Player::~Player() = default;

void Player::open_events() {
    const auto& to = options_.events;
    if (is_url(to)) {
        auto poster =
            std::make_unique<Poster>(loop_, to, [this](const std::string& what) { say_(what); });
        poster_ = poster.get();
        writer_ = std::move(poster);
    } else if (!to.empty()) {
        writer_ = std::make_unique<events::Writer>(to);
    }
}

/// What is seen goes to a file; when that fails, which is said once, the music goes on.
template <class Call>
void Player::tell(Call call) {
    if (!writer_) return;
    try {
        call();
    } catch (const Error& error) {
        say_(text("no more events are written: ", error.what()));
        writer_.reset();
    }
}

void Player::tell(Song& song, std::string_view event, std::initializer_list<events::Field> more) {
    tell([&] {
        if (song.events) song.events->tell(utc_ms(), event, more);
    });
}

int Player::run(std::vector<std::string> songs) {
    songs_ = std::move(songs);
    std::signal(SIGPIPE, SIG_IGN);
    const auto quit = [this] { key(Key::quit); };
    const net::Signal term{loop_, SIGTERM, quit}, interrupt{loop_, SIGINT, quit};
    asked_ = now();
    loop_.post([this] { go_to(0, ""); });
    tick_.every(tick_ms);
    try {
        loop_.run();
    } catch (const Error&) {
        if (options_.output.path == "-") end_if_nobody_reads();
        throw;
    }
    if (!poster_) tell([this] { writer_->flush(); });
    presence_.remember_edges();
    return exit_;
}

/// Make it the one that is next; nothing is asked for yet.
void Player::begin(std::size_t number) {
    next_ = std::make_unique<Song>();
    next_->number = number;
    next_->name = songs_[number];
    next_->begun = now();
    next_->download = std::make_unique<Download>(presence_.around(), next_->name, options_.download,
                                                 calls_of(*next_));
}

Download::Calls Player::calls_of(Song& song) {
    Download::Calls calls;
    calls.found = [this, &song](const song::Manifest& manifest) { found(song, manifest); };
    calls.part = [&song](const Session::Part& part, BytesView headers) {
        const auto& session = song.download->session();
        song.playout->begin(session.begin_of(part.chunk), part.decodes, part.from,
                            session.begin_of(part.chunk + 1), headers);
        while (!song.parts.empty() && song.parts.back().from >= part.from) song.parts.pop_back();
        song.parts.push_back(part);
        song.want = part.want;
    };
    calls.bytes = [this, &song](int want, BytesView bytes) -> std::optional<std::int64_t> {
        if (want != song.want) return {};
        if (song.first_byte_ms < 0) song.first_byte_ms = std::llround((now() - song.begun) * 1000);
        // of a chunk that is there at once, what is needed for the first sound comes first
        while (!song.started && &song == current_.get() && bytes.size() > first_step) {
            if (!song.playout->add(bytes.first(first_step))) return {};
            bytes = bytes.subspan(first_step);
            pump();
        }
        const auto end = song.playout->add(bytes);
        if (!song.started && &song == current_.get()) loop_.post([this] { pump(); });
        return end;
    };
    calls.came = [this, &song](const Download::Came& c) {
        sources_.push_back(c.source == Origin::cache  ? PanelView::From::cache
                           : c.source == Origin::peer ? PanelView::From::peer
                                                      : PanelView::From::edge);
        if (sources_.size() > most_sources) sources_.pop_front();
        tell(song, "chunk",
             {{"index", c.chunk},
              {"kbps", c.kbps},
              {"bytes", c.bytes},
              {"audio_ms", c.audio_ms},
              {"ms", c.ms},
              {"first_byte_ms", c.first_byte_ms},
              {"used_ms", c.used_ms},
              {"source", name_of(c.source)},
              {"from", c.from},
              {"hit", c.hit}});
    };
    calls.switched = [this, &song](int from, int to, const char* why) {
        tell(song, "switch", {{"from", from}, {"to", to}, {"why", why}});
    };
    calls.reject = [this, &song](const std::string& from, int chunk, const char* why) {
        tell(song, "reject", {{"from", from}, {"index", chunk}, {"why", why}});
    };
    calls.heard = [this, &song] { return heard(song); };
    calls.failed = [this, &song](int exit, const std::string& why) {
        song.failed = true;
        song.exit = exit;
        song.why = why;
        loop_.post([this] { pump(); });
    };
    return calls;
}

void Player::found(Song& song, const song::Manifest& manifest) {
    song.playout.emplace(manifest.rate, manifest.channels);
    const auto title = song::first_tag(manifest.tags, "TITLE");
    const auto artist = song::first_tag(manifest.tags, "ARTIST");
    song.title = title.empty() ? song.name : title;
    song.artist = artist;
    if (!writer_) return;
    const auto& where = options_.presence.location;
    // in a server's log, CMCD's sid is then the session of the events
    song.events.emplace(*writer_, song.download->session_id(), options_.listener,
                        where ? swarm::print_location(*where) : std::string{}, manifest.id);
    tell(song, "start", {{"title", song.title}, {"artist", artist}, {"network", options_.network}});
}

Session::Heard Player::heard(const Song& song) const {
    Session::Heard h;
    if (song.playout) h.position = h.settled = song.playout->position();
    h.heard_s = song.heard_s;
    h.playing = song.playing && !paused_;
    h.started = song.started;
    return h;
}

void Player::tick() {
    pump();
    if (ending_) return;
    presence_.urgent(urgent());
    const double interval =
        current_ && current_->download->found() ? current_->download->session().pause() : 0.5;
    if (now() - acted_ >= interval) {
        acted_ = now();
        if (current_) current_->download->act();
        if (next_) next_->download->act();
    }
    if (show_ && now() - shown_ >= 0.1) {
        shown_ = now();
        view();
    }
}

void Player::pump() {
    if (pumping_ || ending_ || !current_) return;
    pumping_ = true;
    over_.clear();
    while (current_ && !ending_ && feed()) {
    }
    pumping_ = false;
    if (current_ && !ending_) prepare_next();
}

/// @return whether there is more to do at once: another song has begun
bool Player::feed() {
    auto& song = *current_;
    if (!song.playout) {
        if (!song.failed) return false;
        give_up(song);
        return current_ != nullptr;
    }
    const bool all = song.playout->end() >= song.samples();
    if (!song.playing && !paused_) {
        const auto& session = options_.download.session;
        const double enough = song.started ? session.resume_s : session.start_s;
        if (song.in_hand_s() >= enough || all || (song.failed && song.in_hand_s() > 0)) sound(song);
    }
    if (song.playing && !paused_ && write(song)) {
        go_to(song.number + 1, "finished");
        return current_ != nullptr;
    }
    if (song.failed && song.in_hand_s() <= 0) {
        give_up(song);
        return current_ != nullptr;
    }
    const double between = poster_ ? between_posted_progress : between_progress;
    if (now() - song.told >= between && song.started) {
        song.told = now();
        tell(song, "progress",
             {{"heard_ms", std::llround(song.heard_s * 1000)},
              {"buffer_ms", std::llround(song.in_hand_s() * 1000)},
              {"kbps", song.kbps_at(song.playout->position())}});
        if (song.events) tell_uploads(*song.events);
    }
    return false;
}

void Player::give_up(const Song& song) {
    say_(song.why);
    if (exit_ == 0) exit_ = song.exit;
    go_to(song.number + 1, "failed");
}

/// As much as the output takes now. @return whether the song is at its end
bool Player::write(Song& song) {
    const auto channels = static_cast<std::size_t>(song.playout->channels());
    const auto out_channels = static_cast<std::size_t>(sink_->format().channels);
    for (auto room = sink_->room(); room > 0; room = sink_->room()) {
        if (!converted_.empty()) {
            const auto now = std::min(converted_.size(), room * out_channels);
            sink_->write(std::span{converted_}.first(now));
            converted_.erase(converted_.begin(),
                             converted_.begin() + static_cast<std::ptrdiff_t>(now));
            continue;
        }
        frames_.resize(room * channels);
        const auto got = song.playout->take(frames_);
        song.heard_s += static_cast<double>(got) / song.rate();
        const auto taken = std::span{frames_}.first(got * channels);
        if (converter_) {
            converter_->add(taken, converted_);
            if (song.done()) converter_->finish(converted_);
        } else if (got > 0) {
            sink_->write(taken);
        }
        if (song.done()) return converted_.empty() || got == 0;
        if (got == 0 && converted_.empty()) {
            // who writes a file as fast as it comes waits for every byte, and hears nothing
            if (options_.sink.paced && sink_->played() >= sink_->written()) stall(song);
            return false;
        }
    }
    return song.done() && converted_.empty();
}

/// It can be heard from now on.
void Player::sound(Song& song) {
    const audio::Format format{song.rate(), song.playout->channels()};
    if (!sink_) {
        sink_ = audio::open_sink(options_.output, format, options_.sink);
        sink_->set_volume(options_.volume);
    }
    if (!song.started) {
        converter_.reset();
        if (!(sink_->format() == format)) converter_.emplace(format, sink_->format());
    }
    song.playing = true;
    if (std::exchange(song.sought, false)) return;
    if (song.started) {
        tell(song, "resume", {{"ms", std::llround((now() - song.stalled_at) * 1000)}});
        return;
    }
    song.started = true;
    song.told = now();
    tell(song, "playing",
         {{"startup_ms", std::llround(std::max(0.0, now() - asked_) * 1000)},
          {"first_byte_ms", song.first_byte_ms}});
}

void Player::stall(Song& song) {
    song.playing = false;
    song.stalled_at = now();
    tell(song, "stall");
    song.download->act();
}

bool Player::urgent() const {
    if (!current_ || current_->download->complete()) return false;
    return !current_->playout || current_->in_hand_s() < urgent_s;
}

/// What others were given since it was told last.
void Player::tell_uploads(events::Session& session) {
    const auto given = presence_.given();
    if (given == told_given_) return;
    tell([&] {
        session.tell(utc_ms(), "upload", {{"bytes", given - std::exchange(told_given_, given)}});
    });
}

void Player::prepare_next() {
    const auto number = current_->number + 1;
    if (next_ || number >= songs_.size() || !current_->playout) return;
    const auto left = current_->samples() - current_->playout->position();
    if (!current_->download->complete() || left >= next_from_s * current_->rate()) return;
    begin(number);
    next_->download->start();
}

void Player::end_song(Song& song, const char* why) {
    if (song.events) tell_uploads(*song.events);
    tell(song, "end", {{"heard_ms", std::llround(song.heard_s * 1000)}, {"why", why}});
    last_.reset();
    if (song.events) last_.emplace(std::move(*song.events));
    song.events.reset();
}

/// @param why  what became of the song that plays now
void Player::go_to(std::size_t number, const char* why) {
    const bool gapless = current_ && number == current_->number + 1 && current_->done();
    if (current_) {
        end_song(*current_, why);
        over_.push_back(std::move(current_));
    }
    if (number >= songs_.size()) return end();
    if (next_ && next_->number != number) over_.push_back(std::move(next_));
    const bool fresh = !next_;
    if (fresh) begin(number);
    if (number > 0 || gapless || *why != 0) asked_ = now();
    current_ = std::move(next_);
    if (!gapless && sink_) sink_->drop();
    if (fresh) current_->download->start();
}

void Player::toggle_pause() {
    paused_ = !paused_;
    if (sink_) sink_->pause(paused_);
    if (current_ && paused_) tell(*current_, "pause");
}

void Player::seek(double seconds) {
    if (!current_ || !current_->playout) return;
    auto& song = *current_;
    const auto dropped = sink_ ? sink_->drop() : 0;
    const auto target = std::clamp<std::int64_t>(
        song.playout->position() - dropped + std::llround(seconds * song.rate()), 0,
        song.samples() - 1);
    tell(song, "seek");
    if (song.playout->seek(target)) return;
    song.playing = false;
    song.sought = true;
    song.want = -1;
    song.parts.clear();
    song.download->seek(target);
}

void Player::key(Key key) {
    if (ending_) {
        if (key != Key::quit) return;
        options_.share_seconds = 0;
        return leave();
    }
    const auto number = current_ ? current_->number : 0;
    switch (key) {
        case Key::none:
            break;
        case Key::pause:
            toggle_pause();
            break;
        case Key::back:
            seek(-10);
            break;
        case Key::forward:
            seek(10);
            break;
        case Key::next:
            go_to(number + 1, "skipped");
            break;
        case Key::previous:
            if (!current_) break;
            if (number > 0 && current_->heard_s < 3)
                go_to(number - 1, "skipped");
            else if (current_->playout)
                seek(-1e9);
            break;
        case Key::louder:
        case Key::quieter:
            options_.volume =
                std::clamp(options_.volume + (key == Key::louder ? 0.05 : -0.05), 0.0, 1.0);
            if (sink_) sink_->set_volume(options_.volume);
            break;
        case Key::quit:
            options_.share_seconds = 0;
            if (current_) end_song(*current_, "skipped");
            over_.push_back(std::move(current_));
            if (sink_) sink_->drop();
            end();
            break;
    }
}

/// Nothing more is written; what was is heard to its end.
void Player::end() {
    ending_ = true;
    tick_.stop();
    presence_.urgent(false);
    const double unheard =
        sink_ ? static_cast<double>(sink_->written() - sink_->played()) / sink_->format().rate : 0;
    leave_.once(std::chrono::milliseconds{std::lround(std::clamp(unheard, 0.0, 1.0) * 1000)});
}

void Player::leave() {
    if (sink_) sink_->close();
    sink_.reset();
    const double sharing =
        presence_.shares() ? std::exchange(options_.share_seconds, 0) : 0;  // once
    if (sharing > 0) {
        if (std::isfinite(sharing))
            leave_.once(std::chrono::milliseconds{std::llround(sharing * 1000)});
        return;
    }
    leave_.stop();
    if (last_) tell_uploads(*last_);
    presence_.leave([this] {
        if (poster_) return poster_->finish([this] { loop_.stop(); });
        loop_.stop();
    });
}

void Player::view() {
    using State = PanelView::State;
    PanelView v;
    v.volume = static_cast<int>(std::lround(options_.volume * 100));
    v.sources.assign(sources_.begin(), sources_.end());
    v.buffer_most = options_.download.session.most_s;
    if (current_) {
        const auto& song = *current_;
        v.title = song.title.empty() ? song.name : song.title;
        v.artist = song.artist;
        v.state = paused_                       ? State::paused
                  : !song.started               ? State::starting
                  : sink_ && sink_->lost()      ? State::no_device
                  : song.playing || song.sought ? State::playing
                                                : State::stalled;
        if (song.playout) {
            v.at = static_cast<double>(song.playout->position()) / song.rate();
            v.length = static_cast<double>(song.samples()) / song.rate();
            v.buffer = song.in_hand_s();
            v.peers = song.download->peers();
            v.kbps = song.kbps_at(song.playout->position());
        }
    }
    show_(v);
}

}  // namespace stretto::listen
