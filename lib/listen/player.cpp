#include "listen/player.hpp"

#include <sysexits.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <random>

#include "base/program.hpp"
#include "gather/cmcd.hpp"
#include "listen/interrupts.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

constexpr std::chrono::milliseconds tick_ms{100};
constexpr std::chrono::milliseconds hurried_ms{400};  // twice this is less than a second
constexpr double next_from_s = 30;  // remaining time of a song when the next begins to load
constexpr double between_progress = 1, between_posted_progress = 10;  // s
constexpr std::size_t most_sources = 12;
constexpr double urgent_s = 5;  // below this buffer level, the whole link is for the current song

const char* source_of(gather::Ask::From from) {
    switch (from) {
        case gather::Ask::From::cache:
            return "cache";
        case gather::Ask::From::peer:
            return "peer";
        default:
            return "edge";
    }
}

std::string random_id() {
    std::random_device random;
    char text[40];
    std::snprintf(text, sizeof text, "%08x-%08x-%08x", random(), random(), random());
    return text;
}

double steady_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

struct Player::Song {
    std::size_t number = 0;
    std::string name, title, artist, session;
    std::unique_ptr<abr::Policy> policy;
    std::unique_ptr<Driver> driver;
    gather::Listening* rules = nullptr;  // owned by the driver
    std::shared_ptr<Sound::Track> track;
    std::optional<events::Session> events;
    std::vector<play::Session::Part> parts;  // the newest is last; tells the bitrate that is heard
    double begun = 0, told = 0, stalled_at = 0;  // s of the steady clock
    std::int64_t first_byte_ms = -1;
    std::optional<double> sought_s;  // before there was a manifest
    bool sounds = false;             // "playing" was told
    std::optional<gather::End> failure;

    double in_hand_s() const {
        if (!track) return 0;
        const auto s = track->state();
        return static_cast<double>(s.end - s.position) / track->rate();
    }
    bool complete() const { return rules->complete(); }
    /// The bitrate that is heard at a sample.
    int kbps_at(std::int64_t sample) const {
        int kbps = 0;
        for (const auto& part : parts)
            if (part.from <= sample)
                kbps = driver->manifest().renditions[static_cast<std::size_t>(part.rendition)].kbps;
        return kbps;
    }
};

Player::Player(const Options& options)
    : options_(options),
      say_(note),
      presence_(loop_, options.presence, [this](const std::string& what) { say_(what); }),
      diary_(loop_,
             {options.events, options.listener, options.network,
              options.presence.location ? swarm::print_location(*options.presence.location) : "",
              [this] { return presence_.token().token(); }},
             [this](const std::string& what) { say_(what); }),
      sound_(loop_,
             {options.output, options.sink, options.volume, options.wish.session.start_s,
              options.wish.session.resume_s, options.wish.session.most_s},
             [this](const std::shared_ptr<Sound::Track>& track, const Sound::Happened& what) {
                 happened(track, what);
             }),
      tick_(loop_, [this] { tick(); }),
      leave_(loop_, [this] { leave(); }) {}

Player::~Player() = default;

int Player::run(std::vector<std::string> songs) {
    songs_ = std::move(songs);
    std::signal(SIGPIPE, SIG_IGN);
    const Interrupts interrupts{loop_, [this] { interrupt(); }};
    asked_ = steady_s();
    loop_.post([this] { go_to(std::min(options_.first, songs_.size() - 1), ""); });
    tick_.every(tick_ms);
    try {
        loop_.run();
    } catch (const Error&) {
        if (options_.output.path == "-") end_if_nobody_reads();
        throw;
    }
    presence_.remember_edges();
    if (interrupted_) throw Error{EX_TEMPFAIL, "interrupted"};
    return exit_;
}

// ---- a song

/// Nothing is asked for yet.
std::unique_ptr<Player::Song> Player::make(std::size_t number) {
    auto song = std::make_unique<Song>();
    song->number = number;
    song->name = songs_[number];
    song->session = random_id();
    song->begun = steady_s();
    song->policy = abr::make_policy(options_.abr);
    gather::Conductor::Options how;
    how.tracker = presence_.tracker() != nullptr;
    how.peers = presence_.asks_peers();
    how.local_peers = presence_.local_peers();
    how.rtc_peers = presence_.rtc_peers();
    if (how.tracker) how.self = presence_.tracker()->peer_id();
    how.keeps = presence_.kept() != nullptr;
    how.check_name = !song::is_id(song->name);
    how.first_kbps = options_.first_kbps;
    how.first_least_kbps = options_.first_least_kbps;
    how.retry.patience_s = options_.patience_s;
    how.retry.seed = std::random_device{}();
    auto wish = options_.wish;
    wish.session.seed = how.retry.seed;
    auto rules = std::make_unique<gather::Listening>(presence_.edges(), how, *song->policy, wish);
    song->rules = rules.get();
    song->driver =
        std::make_unique<Driver>(presence_, song->name, true, std::move(rules), calls_of(*song));
    return song;
}

Driver::Calls Player::calls_of(Song& song) {
    Driver::Calls calls;
    calls.found = [this, &song](const song::Manifest& manifest) { found(song, manifest); };
    calls.part = [&song](const play::Session::Part& part, BytesView headers) {
        const auto& session = song.rules->session();
        song.track->begin(session.begin_of(part.chunk), part.decodes, part.from,
                          session.begin_of(part.chunk + 1), headers);
        while (!song.parts.empty() && song.parts.back().from >= part.from) song.parts.pop_back();
        song.parts.push_back(part);
    };
    calls.bytes = [&song](BytesView bytes) {
        if (song.first_byte_ms < 0)
            song.first_byte_ms = std::llround((steady_s() - song.begun) * 1000);
        song.track->start_with(song.rules->session().start_s());
        return song.track->add(bytes);
    };
    calls.heard = [this, &song] { return heard(song); };
    calls.came = [this, &song](const gather::Came& c, const std::string& from, bool hit) {
        came(song, c, from, hit);
    };
    calls.switched = [this, &song](int from, int to, const char* why) {
        diary_.tell(song.events, "switch", {{"from", from}, {"to", to}, {"why", why}});
    };
    calls.reject = [this, &song](const std::string& from, int chunk, const char* why) {
        diary_.tell(song.events, "reject", {{"from", from}, {"index", chunk}, {"why", why}});
    };
    calls.fields = [this, &song](const gather::Ask& ask) { return cmcd(song, ask); };
    calls.ended = [this, &song](const gather::End& end) { failed(song, end); };
    return calls;
}

void Player::found(Song& song, const song::Manifest& manifest) {
    song.track = sound_.track(manifest.rate, manifest.channels, manifest.samples);
    const auto start = std::exchange(options_.start_s, 0);
    if (song.sought_s)
        begin_at(song, *song.sought_s);
    else if (start > 0 && song.number == options_.first)
        begin_at(song, start);
    else
        sound_.queue(song.track);
    const auto title = song::first_tag(manifest.tags, "TITLE");
    song.artist = song::first_tag(manifest.tags, "ARTIST");
    song.title = title.empty() ? song.name : title;
    // so that sid in a server's log is the session of the events
    diary_.begin(song.events, song.session, manifest.id, song.title, song.artist,
                 presence_.token().id());
}

http::Fields Player::cmcd(const Song& song, const gather::Ask& ask) const {
    http::Fields fields;
    for (const auto& [name, value] :
         gather::cmcd(song.session, *song.rules, song.driver->manifest(), heard(song), ask))
        fields.add(name, value);
    return fields;
}

void Player::came(Song& song, const gather::Came& c, const std::string& from, bool hit) {
    using From = PanelView::From;
    sources_.push_back(c.ask.from == gather::Ask::From::cache  ? From::cache
                       : c.ask.from == gather::Ask::From::peer ? From::peer
                                                               : From::edge);
    if (sources_.size() > most_sources) sources_.pop_front();
    const auto& manifest = song.driver->manifest();
    if (manifest.rate == 0) return;  // before the song lookup
    const auto& r = manifest.renditions[static_cast<std::size_t>(c.ask.rendition)];
    const auto& row = r.chunks[static_cast<std::size_t>(c.ask.chunk)];
    const auto ms = [](double s) { return std::llround(std::max(0.0, s) * 1000); };
    const bool peer = c.ask.from == gather::Ask::From::peer;
    const double share = peer ? static_cast<double>(c.bytes) / static_cast<double>(row.bytes) : 1;
    const auto whole_ms = static_cast<double>(row.samples) * 1000 / manifest.rate;
    diary_.tell(song.events, "chunk",
                {{"index", c.ask.chunk},
                 {"kbps", r.kbps},
                 {"bytes", c.bytes},
                 {"audio_ms", std::llround(whole_ms * share)},
                 {"ms", ms(c.ended - c.asked)},
                 {"first_byte_ms", c.first < 0 ? 0 : ms(c.first - c.asked)},
                 {"used_ms", std::max<std::int64_t>(0, c.used) * 1000 / manifest.rate},
                 {"source", source_of(c.ask.from)},
                 {"from", from},
                 {"hit", hit}});
}

play::Session::Heard Player::heard(const Song& song) const {
    play::Session::Heard h;
    h.paused = paused_;
    if (!song.track) return h;
    const auto s = song.track->state();
    h.position = h.settled = s.position;
    h.heard_s = s.heard_s;
    h.playing = s.playing;
    h.started = s.started;
    return h;
}

// ---- changes of the sound

void Player::happened(const std::shared_ptr<Sound::Track>& track, const Sound::Happened& what) {
    if (ending_ || !current_) return;
    using What = Sound::Happened::What;
    if (current_->track != track) {
        // the previous song ended at the same moment, and go_to() follows
        if (next_ && next_->track == track && what.what == What::started) next_->told = what.at;
        return;
    }
    auto& song = *current_;
    const auto ms = [](double s) { return std::llround(std::max(0.0, s) * 1000); };
    switch (what.what) {
        case What::started:
            sounded_ = true;
            song.told = what.at;
            if (std::exchange(song.sounds, true)) break;
            diary_.tell(
                song.events, "playing",
                {{"startup_ms", ms(what.at - asked_)}, {"first_byte_ms", song.first_byte_ms}});
            break;
        case What::stalled:
            song.stalled_at = what.at;
            diary_.tell(song.events, "stall");
            song.driver->act();
            break;
        case What::resumed:
            diary_.tell(song.events, "resume", {{"ms", ms(what.at - song.stalled_at)}});
            break;
        case What::finished:
            return go_to(options_.repeat == Repeat::one ? song.number : after(song.number),
                         "finished");
    }
    give_up_if_silent(song);
}

void Player::failed(Song& song, const gather::End& end) {
    if (end.status == 0) return;
    song.failure = end;
    if (song.track) song.track->last();
    if (&song == current_.get()) give_up_if_silent(song);
}

/// Give up a failed song when its buffered audio has been played.
void Player::give_up_if_silent(Song& song) {
    if (song.track && !song.failure && song.track->state().damaged && song.in_hand_s() <= 0)
        song.failure = {EX_DATAERR, text("'", song.name, "' holds damaged audio")};
    if (!song.failure || song.in_hand_s() > 0) return;
    say_(song.failure->why);
    if (exit_ == 0) exit_ = song.failure->status;
    go_to(after(song.number), "failed");
}

/// The number of the next song; that of none behind the last. A queue is repeated only if some of
/// it was heard, or one that cannot be played would be tried for ever.
std::size_t Player::after(std::size_t number) const {
    if (number + 1 < songs_.size()) return number + 1;
    return options_.repeat == Repeat::none || !sounded_ ? songs_.size() : 0;
}

/// Nothing before this is heard, so it is queued only then.
void Player::begin_at(const Song& song, double seconds) {
    loop_.post([this, seconds, session = song.session] {
        if (ending_ || !current_ || current_->session != session) return;
        seek_to(seconds);
        sound_.queue(current_->track);
    });
}

void Player::tick() {
    if (ending_ || !current_) return;
    presence_.urgent(urgent());
    auto& song = *current_;
    if (song.track) {
        const auto s = song.track->state();
        const double between = diary_.posted() ? between_posted_progress : between_progress;
        if (s.started && !paused_ && steady_s() - song.told >= between) {
            song.told = steady_s();
            diary_.tell(song.events, "progress",
                        {{"heard_ms", std::llround(s.heard_s * 1000)},
                         {"buffer_ms", std::llround(song.in_hand_s() * 1000)},
                         {"kbps", song.kbps_at(s.position)}});
            diary_.given(song.events, presence_.given());
        }
        // not before it is heard: the cover does not delay it
        if (artwork_ && s.started) artwork_->show(song.driver->manifest());
    }
    watch_device();
    if (show_) show_(view());
    prepare_next();
    give_up_if_silent(song);
}

bool Player::urgent() const { return !current_->complete() && current_->in_hand_s() < urgent_s; }

void Player::prepare_next() {
    const auto number = options_.repeat == Repeat::one ? current_->number : after(current_->number);
    if (next_ || number >= songs_.size() || !current_->track || !current_->complete()) return;
    const auto s = current_->track->state();
    const auto left = current_->track->samples() - s.position;
    if (static_cast<double>(left) >= next_from_s * current_->track->rate()) return;
    next_ = make(number);
    next_->driver->start();
}

void Player::drop(std::unique_ptr<Song> song) {
    if (!song) return;
    if (song->track) sound_.remove(song->track);
    song->driver->give_up({});
    loop_.drop(std::move(song));
}

/// @param why  how the current song ended
void Player::go_to(std::size_t number, const char* why) {
    if (current_) {
        gave_up_ = std::string_view{why} == "failed";
        const double heard_s = current_->track ? current_->track->state().heard_s : 0;
        diary_.end(current_->events, heard_s, why, presence_.given());
        drop(std::move(current_));
    }
    if (number >= songs_.size()) return end();
    if (number == 0) sounded_ = false;
    ++plays_;
    if (next_ && next_->number != number) drop(std::move(next_));
    const bool fresh = !next_;
    if (fresh) next_ = make(number);
    if (*why != 0) asked_ = steady_s(), options_.start_s = 0;  // that is the first song's
    current_ = std::move(next_);
    if (fresh) return current_->driver->start();
    sounded_ = sounded_ || (current_->track && current_->track->state().started);
    // it may sound already
    if (current_->track && current_->track->state().started) {
        current_->sounds = true;  // the report of it may still be on its way
        diary_.tell(current_->events, "playing",
                    {{"startup_ms", 0}, {"first_byte_ms", current_->first_byte_ms}});
        if (current_->told == 0) current_->told = steady_s();
    }
    if (current_->failure) give_up_if_silent(*current_);
}

/// Once for each time that it disappears: a listener may go on without it.
void Player::watch_device() {
    const bool lost = sound_.lost();
    const bool disappeared = lost && !std::exchange(was_lost_, lost);
    was_lost_ = lost;
    if (!disappeared || !options_.pause_without_device || paused_) return;
    say_("the sound device has disappeared: paused");
    pause(true);
}

void Player::pause(bool paused) {
    if (std::exchange(paused_, paused) == paused) return;
    sound_.pause(paused_);
    if (current_ && paused_) diary_.tell(current_->events, "pause");
}

void Player::seek(double seconds, Sound::From from) {
    if (!current_) return;
    auto& song = *current_;
    if (!song.track) {
        const auto begin = song.number == options_.first ? options_.start_s : 0.0;
        song.sought_s = seconds + (from == Sound::From::here ? song.sought_s.value_or(begin) : 0);
        return;
    }
    diary_.tell(song.events, "seek");
    ++seeks_;
    const auto target = sound_.seek(*song.track, seconds, from);
    if (!target) return;
    song.parts.clear();
    song.rules->seek(*target);
    song.driver->carry_out();
    song.driver->act();
}

void Player::key(Key key) {
    if (ending_) {
        if (key != Key::quit) return;
        options_.share_seconds = 0;
        return leave();
    }
    switch (key) {
        case Key::none:
            break;
        case Key::pause:
            pause(!paused_);
            break;
        case Key::back:
            seek_by(-10);
            break;
        case Key::forward:
            seek_by(10);
            break;
        case Key::next:
            next();
            break;
        case Key::previous:
            previous();
            break;
        case Key::louder:
        case Key::quieter:
            set_volume(options_.volume + (key == Key::louder ? 0.05 : -0.05));
            break;
        case Key::quit:
            if (on_quit_) on_quit_();
            quit_ = true;
            options_.share_seconds = 0;
            go_to(songs_.size(), "skipped");
            break;
    }
}

void Player::next() {
    if (!ending_) go_to(current_ ? after(current_->number) : 0, "skipped");
}

void Player::previous() {
    if (ending_ || !current_) return;
    if (current_->number > 0 && heard(*current_).heard_s < 3)
        go_to(current_->number - 1, "skipped");
    else
        seek_to(0);
}

void Player::go(std::size_t number) {
    if (!ending_ && number < songs_.size()) go_to(number, "skipped");
}

void Player::set_volume(double volume) {
    options_.volume = std::clamp(volume, 0.0, 1.0);
    sound_.volume(options_.volume);
}

bool Player::append(const std::string& song) {
    if (ending_ || songs_.size() >= most_songs) return false;
    songs_.push_back(song);
    return true;
}

void Player::replace(const std::string& song) {
    if (ending_) return;
    drop(std::move(next_));
    songs_ = {song};
    go_to(0, "skipped");
}

/// What was prepared may not be what comes next any more.
void Player::set_repeat(Repeat repeat) {
    if (std::exchange(options_.repeat, repeat) != repeat && !ending_) drop(std::move(next_));
}

RemoteState Player::state() const {
    RemoteState state;
    state.view = view();
    state.queue = songs_;
    if (current_) {
        state.number = current_->number;
        if (current_->track) state.song = current_->driver->manifest().id;
        if (artwork_) state.cover = artwork_->url(state.song);
    }
    state.plays = plays_;
    state.seeks = seeks_;
    state.paused = paused_;
    state.over = ending_;
    state.volume = options_.volume;
    state.repeat = options_.repeat;
    return state;
}

/// End after a signal. A player that only uploads after the last song has done its task.
void Player::interrupt() {
    interrupted_ = interrupted_ || !ending_;
    hurried_ = true;
    key(Key::quit);
}

/// Write no more samples; those already written are played to their end.
void Player::end() {
    if (std::exchange(ending_, true)) return;
    drop(std::move(next_));
    tick_.stop();
    presence_.urgent(false);
    if (hurried_) return leave();
    leave_.once(
        std::chrono::milliseconds{std::lround(std::clamp(sound_.unheard_s(), 0.0, 1.0) * 1000)});
}

void Player::leave() {
    sound_.close();
    const double sharing =
        presence_.shares() ? std::exchange(options_.share_seconds, 0) : 0;  // once
    if (sharing > 0) {
        if (std::isfinite(sharing))
            leave_.once(std::chrono::milliseconds{std::llround(sharing * 1000)});
        return;
    }
    // a second call stops waiting for the tracker, or then for the server of events
    if (hurried_)
        leave_.every(hurried_ms);
    else
        leave_.stop();
    presence_.leave([this] { diary_.finish(presence_.given(), [this] { loop_.stop(); }); });
}

PanelView Player::view() const {
    using State = PanelView::State;
    PanelView v;
    v.volume = static_cast<int>(std::lround(options_.volume * 100));
    v.sources.assign(sources_.begin(), sources_.end());
    v.buffer_most = options_.wish.session.most_s;
    if (!current_) return v;
    const auto& song = *current_;
    v.title = song.title.empty() ? song.name : song.title;
    v.artist = song.artist;
    v.waiting_for = song.rules->retry().waiting_for();
    if (!song.track) return v;
    const auto s = song.track->state();
    v.state = paused_         ? State::paused
              : !s.started    ? State::starting
              : sound_.lost() ? State::no_device
              : s.playing     ? State::playing
                              : State::stalled;
    v.at = static_cast<double>(s.position) / song.track->rate();
    v.length = static_cast<double>(song.track->samples()) / song.track->rate();
    v.buffer = song.in_hand_s();
    v.peers = song.rules->peers() ? song.rules->peers()->count() : 0;
    v.kbps = song.kbps_at(s.position);
    return v;
}

}  // namespace stretto::listen
