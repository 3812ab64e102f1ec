#include "web/player.hpp"

#include <sysexits.h>

#include <algorithm>
#include <cmath>

#include "abr/stretto.hpp"
#include "base/json.hpp"
#include "gather/cmcd.hpp"
#include "song/id.hpp"
#include "song/path.hpp"

namespace stretto::web {
namespace {

constexpr double next_from_s = 30;  // what is left of a song when the next begins to load
constexpr double between_progress = 10, between_posts = 1, tick_s = 0.1;  // s
// the clock is reported ten times a second, in the background once; what is beyond is a guess
constexpr double most_guess_s = 3;

std::int64_t ms(double seconds) { return std::llround(std::max(0.0, seconds) * 1000); }

}  // namespace

int Player::Song::kbps_at(std::int64_t sample) const {
    int kbps = 0;
    for (const auto& part : parts)
        if (part.from <= sample)
            kbps = driver->manifest().renditions[static_cast<std::size_t>(part.rendition)].kbps;
    return kbps;
}

Player::Player(Browser& browser, const Options& options)
    : browser_(browser),
      options_(options),
      shelf_(options.most_kept_bytes),
      page_{browser, shelf_, 0, 0, 0, options.keeps},
      mesh_(page_, {options.tracker, options.upload_kbps, 8, options.verifies},
            {[this](int number, int status, const Fields& fields) { head(number, status, fields); },
             [this](int number, BytesView bytes) { data(number, bytes); },
             [this](int number) { ended(number); }, [this](int number) { failed(number); }}),
      posts_(!options.listener.empty()) {
    edges_.add_trusted(options.server, "");
    for (const auto& url : options.edges) {
        const auto host = url.find("://");
        edges_.add_trusted(host == url.npos ? url : url.substr(host + 3), url);
    }
    options_.track.start_s = options_.wish.session.start_s;
    options_.track.resume_s = options_.wish.session.resume_s;
    options_.track.buffer_s = options_.wish.session.most_s;
}

void Player::token(const std::string& text, const std::string& id, int most_kbps) {
    page_.token = text;
    page_.most_kbps = most_kbps;
    token_id_ = id;
}

void Player::at(double now, std::int64_t utc_ms) {
    page_.now = std::max(page_.now, now);
    page_.utc_ms = utc_ms;
}

void Player::clock(std::int64_t frame, bool running) {
    clock_frame_ = frame;
    clock_at_ = page_.now;
    running_ = running;
}

std::int64_t Player::frame() const {
    if (!running_) return clock_frame_;
    return clock_frame_ +
           static_cast<std::int64_t>(std::min(page_.now - clock_at_, most_guess_s) * rate_);
}

void Player::kept(const std::string& path, std::uint64_t bytes, std::int64_t used_ms) {
    constexpr std::string_view songs = "songs/";
    const auto slash = path.find('/', songs.size());
    if (!path.starts_with(songs) || slash == std::string::npos) return;
    const auto id = path.substr(songs.size(), slash - songs.size());
    if (song::is_id(id)) shelf_.found(id, path.substr(slash + 1), bytes, used_ms);
}

// ---- a song

std::unique_ptr<Player::Song> Player::make(const std::string& id, double from_s) {
    auto song = std::make_unique<Song>();
    song->id = id;
    song->from_s = from_s;
    song->begun = page_.now;
    for (int i = 0; i < 3; ++i) {
        const auto bits = browser_.random();
        song->session += hex(BytesView{reinterpret_cast<const std::uint8_t*>(&bits), sizeof bits});
    }
    song->policy = abr::make_stretto({});
    gather::Conductor::Options how;
    how.keeps = options_.keeps;
    how.first_kbps = from_s > 0 ? 0
                                : std::clamp(options_.first_kbps, options_.wish.least_kbps,
                                             options_.wish.most_kbps);
    how.first_least_kbps = std::max(1, options_.wish.least_kbps);
    how.tracker = how.peers = how.rtc_peers = mesh_.is_on();
    how.self = mesh_.peer_id();
    how.retry.patience_s = options_.patience_s;
    how.retry.seed = browser_.random();
    auto wish = options_.wish;
    wish.session.seed = how.retry.seed;
    song->driver = std::make_unique<Driver>(
        page_, mesh_, edges_, id,
        std::make_unique<gather::Listening>(edges_, how, *song->policy, wish), calls_of(*song));
    return song;
}

Driver::Calls Player::calls_of(Song& song) {
    Driver::Calls calls;
    calls.found = [this, &song](const song::Manifest& manifest) { found(song, manifest); };
    calls.part = [&song](const play::Session::Part& part, BytesView headers) {
        const auto& session = song.driver->rules().session();
        song.track->begin(session.begin_of(part.chunk), part.decodes, part.from,
                          session.begin_of(part.chunk + 1), headers);
        while (!song.parts.empty() && song.parts.back().from >= part.from) song.parts.pop_back();
        song.parts.push_back(part);
    };
    calls.bytes = [this, &song](BytesView bytes) {
        if (song.first_byte_ms < 0) song.first_byte_ms = ms(page_.now - song.begun);
        song.track->start_with(song.driver->rules().session().start_s());
        return song.track->add(bytes);
    };
    calls.heard = [this, &song] { return heard(song); };
    calls.came = [this, &song](const gather::Came& c, bool hit) { came(song, c, hit); };
    calls.switched = [this, &song](int from, int to, const char* why) {
        tell(song, "switch", {{"from", from}, {"to", to}, {"why", why}});
    };
    calls.reject = [this, &song](const gather::Ask& ask, const char* why) {
        const bool peer = ask.from == gather::Ask::From::peer;
        tell(song, "reject",
             {{"from", peer ? song.driver->peer_of(ask) : edges_.at(ask.source).name},
              {"index", ask.chunk},
              {"why", why}});
    };
    calls.fields = [this, &song](const gather::Ask& ask) {
        return gather::cmcd(song.session, song.driver->rules(), song.driver->manifest(),
                            heard(song), ask);
    };
    calls.ended = [&song](const gather::End& end) {
        if (end.status == 0) return;
        song.failure = end;
        if (song.track) song.track->last();
    };
    return calls;
}

void Player::found(Song& song, const song::Manifest& manifest) {
    song.track =
        std::make_unique<Track>(manifest.rate, manifest.channels, manifest.samples, options_.track);
    std::string json;
    JsonObject out{json};
    append_json(out["song"], song.id);
    append_json_list(out["chunks"], manifest.renditions.back().chunks,
                     [](std::string& to, const song::ChunkRow& chunk) {
                         JsonObject row{to};
                         append_json(row["samples"], chunk.samples);
                         append_json(row["bytes"], chunk.bytes);
                         row.end();
                     });
    append_json(out["rate"], manifest.rate);
    out.end();
    browser_.show(json);
    if (posts_) {
        song.events.emplace(static_cast<events::Sink&>(*this), song.session, options_.listener, "",
                            manifest.id);
        const auto title = song::first_tag(manifest.tags, "TITLE"),
                   artist = song::first_tag(manifest.tags, "ARTIST");
        const auto& network = options_.network;
        if (token_id_.empty())
            tell(song, "start", {{"title", title}, {"artist", artist}, {"network", network}});
        else
            tell(song, "start",
                 {{"title", title},
                  {"artist", artist},
                  {"network", network},
                  {"token_id", token_id_}});
    }
}

void Player::came(Song& song, const gather::Came& c, bool hit) {
    const auto& manifest = song.driver->manifest();
    const auto& r = manifest.renditions[static_cast<std::size_t>(c.ask.rendition)];
    const auto& row = r.chunks[static_cast<std::size_t>(c.ask.chunk)];
    const bool cache = c.ask.from == gather::Ask::From::cache;
    const bool peer = c.ask.from == gather::Ask::From::peer;
    const char* source = cache ? "cache" : peer ? "peer" : "edge";
    (cache ? of_shelf_ : peer ? of_peers_ : of_server_) += c.bytes;
    tell(song, "chunk",
         {{"index", c.ask.chunk},
          {"kbps", r.kbps},
          {"bytes", c.bytes},
          {"audio_ms", row.samples * 1000 / manifest.rate},
          {"ms", ms(c.ended - c.asked)},
          {"first_byte_ms", c.first < 0 ? 0 : ms(c.first - c.asked)},
          {"used_ms", std::max<std::int64_t>(0, c.used) * 1000 / manifest.rate},
          {"source", source},
          {"from", cache  ? "cache"
                   : peer ? song.driver->peer_of(c.ask)
                          : edges_.at(c.ask.source).name},
          {"hit", hit}});
    std::string json;
    JsonObject out{json};
    append_json(out["song"], song.id);
    append_json(out["chunk"], c.ask.chunk);
    append_json(out["kbps"], r.kbps);
    append_json(out["source"], source);
    out["hit"] += hit ? "true" : "false";
    out.end();
    browser_.show(json);
}

play::Session::Heard Player::heard(const Song& song) const {
    if (!song.track) {
        play::Session::Heard none;
        none.paused = paused_;
        return none;
    }
    return song.track->state(frame(), paused_);
}

// ---- what the listener wants

void Player::play(const std::string& id, double from_s) {
    finish("skipped");
    if (next_ && (next_->id != id || from_s > 0 || next_->failure)) next_.reset();
    browser_.silence();
    earliest_ = 0;
    asked_ = page_.now;
    if (!song::is_id(id)) return;
    // what was scheduled of it behind the last song is silenced, too
    if (next_ && next_->track && next_->track->started()) next_.reset();
    const bool fresh = !next_;
    begin(fresh ? make(id, from_s) : std::move(next_));
    if (fresh) current_->driver->start(from_s);
    show();
}

/// It is what plays from now on.
void Player::begin(std::unique_ptr<Song> song) {
    current_ = std::move(song);
    next_id_.clear();
    if (current_->track && current_->track->started()) {
        current_->told = page_.now;
        tell(*current_, "playing", {{"startup_ms", 0}, {"first_byte_ms", current_->first_byte_ms}});
    }
    show();
}

void Player::finish(const char* why) {
    if (!current_) return;
    const double heard_s = current_->track ? current_->track->heard_s(frame()) : 0;
    tell_uploads(true);
    tell(*current_, "end", {{"heard_ms", ms(heard_s)}, {"why", why}});
    current_.reset();
}

void Player::next(const std::string& id) {
    next_id_ = song::is_id(id) ? id : "";
    if (next_ && next_->id != next_id_) {
        // its sound may be scheduled already, with the end of this one
        if (!next_->track || !next_->track->started()) next_.reset();
    }
}

void Player::pause(bool paused) {
    if (paused && !paused_ && current_) tell(*current_, "pause");
    paused_ = paused;
}

void Player::wish(int least_kbps, int most_kbps) {
    auto& wish = options_.wish;
    if (least_kbps == wish.least_kbps && most_kbps == wish.most_kbps) return;
    wish.least_kbps = least_kbps;
    wish.most_kbps = most_kbps;
    next_.reset();
}

void Player::seek(double at_s) {
    if (!current_) return;
    if (!current_->track) {
        current_->sought_s = at_s;  // see tick()
        return;
    }
    auto& track = *current_->track;
    tell(*current_, "seek");
    browser_.silence();
    if (next_ && next_->track && next_->track->started()) next_.reset();
    earliest_ = 0;
    const auto sample =
        std::clamp<std::int64_t>(std::llround(at_s * track.rate()), 0, track.samples() - 1);
    if (!track.seek(sample, frame())) {
        current_->parts.clear();
        current_->driver->seek(sample);
    }
    tick();
}

void Player::stop() {
    finish("skipped");
    next_.reset();
    browser_.silence();
    post();
}

// ---- what came

Driver* Player::driver_of(int number) {
    for (auto* song : {current_.get(), next_.get()})
        if (song && song->driver->has(number)) return song->driver.get();
    return nullptr;
}

void Player::head(int number, int status, const Fields& fields) {
    if (auto* driver = driver_of(number)) driver->head(number, status, fields);
}
void Player::data(int number, BytesView bytes) {
    if (auto* driver = driver_of(number)) driver->data(number, bytes);
}
void Player::ended(int number) {
    if (auto* driver = driver_of(number)) driver->ended(number);
}
void Player::failed(int number) {
    if (auto* driver = driver_of(number)) driver->failed(number);
}
void Player::read(int number, std::optional<BytesView> bytes) {
    if (auto* driver = driver_of(number)) return driver->read(number, bytes);
    mesh_.read(number, bytes);
}

void Player::posted(int status, std::int64_t retry_after_ms) {
    // a server that takes no events: see stretto-serve(1), --events
    if (status == 404 || status == 405) posts_ = false;
    outbox_.answered(status, retry_after_ms, ms(page_.now),
                     static_cast<double>(browser_.random()) / 4294967296.0);
}

// ---- as time passes

double Player::tick() {
    const bool needed =
        current_ && (current_->stalled || !current_->track || !current_->track->started());
    mesh_.urgent(needed && !paused_);
    const double mesh_wait = mesh_.tick();
    show_sources();
    tell_uploads(false);
    if (!current_) {
        post();
        return std::clamp(mesh_wait, 0.005, 1.0);
    }
    for (auto* song : {current_.get(), next_.get()}) {
        if (!song) continue;
        song->driver->act(false);
    }
    if (current_->track && current_->sought_s) {
        seek(*std::exchange(current_->sought_s, std::nullopt));
        return 0.005;
    }
    auto& song = *current_;
    if (song.track && rate_ != song.track->rate() && !song.track->started()) {
        rate_ = song.track->rate();
        earliest_ = 0;
        clock(0, false);
        browser_.open(rate_);
    }
    if (song.track) {
        const auto what = song.track->feed(browser_, frame(), earliest_);
        const auto end = song.track->end_frame();
        if (end && next_ && next_->track && next_->track->rate() == rate_ &&
            next_->track->feed(browser_, frame(), *end) == Track::Happened::started)
            next_->told = page_.now;
        happened(song, what);
    }
    if (current_) {
        give_up_if_silent();
        prepare_next();
    }
    post();
    show();
    double wait = std::min(tick_s, mesh_wait);
    for (auto* each : {current_.get(), next_.get()})
        if (each) wait = std::min(wait, each->driver->due() - page_.now);
    return std::max(wait, 0.005);
}

void Player::happened(Song& song, Track::Happened what) {
    using What = Track::Happened;
    switch (what) {
        case What::nothing:
            if (song.track->started() && !paused_ && page_.now - song.told >= between_progress) {
                song.told = page_.now;
                const auto h = heard(song);
                tell(song, "progress",
                     {{"heard_ms", ms(h.heard_s)},
                      {"buffer_ms", ms(song.track->in_hand_s(frame()))},
                      {"kbps", song.kbps_at(h.position)}});
            }
            break;
        case What::started:
            song.told = page_.now;
            tell(song, "playing",
                 {{"startup_ms", ms(page_.now - asked_)}, {"first_byte_ms", song.first_byte_ms}});
            break;
        case What::stalled:
            song.stalled = true;
            song.stalled_at = page_.now;
            tell(song, "stall");
            song.driver->act(true);
            break;
        case What::resumed:
            song.stalled = false;
            tell(song, "resume", {{"ms", ms(page_.now - song.stalled_at)}});
            break;
        case What::finished: {
            const auto id = song.id;
            finish("finished");
            earliest_ = 0;
            asked_ = page_.now;
            std::string json;
            JsonObject out{json};
            append_json(out["song"], id);
            append_json(out["state"], "ended");
            append_json(out["next"], next_ ? next_->id : "");
            append_json(out["closing"], closing());
            out.end();
            browser_.show(json);
            if (next_) begin(std::move(next_));
            break;
        }
    }
}

/// A song that failed is given up when what was in hand has been heard.
void Player::give_up_if_silent() {
    auto& song = *current_;
    const double in_hand = song.track ? song.track->in_hand_s(frame()) : 0;
    if (song.track && !song.failure && song.track->damaged() && in_hand <= 0)
        song.failure = {EX_DATAERR, "this song holds damaged audio"};
    if (!song.failure || in_hand > 0) return;
    std::string json;
    JsonObject out{json};
    append_json(out["song"], song.id);
    append_json(out["state"], "failed");
    append_json(out["status"], song.failure->status);
    append_json(out["why"], song.failure->why);
    out.end();
    finish("failed");
    browser_.show(json);
}

void Player::prepare_next() {
    if (next_ || next_id_.empty() || !current_->track || !current_->driver->rules().complete())
        return;
    const auto left = current_->track->samples() - current_->track->heard(frame());
    if (static_cast<double>(left) >= next_from_s * current_->track->rate()) return;
    next_ = make(next_id_, 0);
    next_->driver->start(0);
}

void Player::show() {
    if (!current_) return;
    const auto& song = *current_;
    std::string json;
    JsonObject out{json};
    append_json(out["song"], song.id);
    if (!song.track) {
        append_json(out["state"], "starting");
    } else {
        const auto h = heard(song);
        // in tenths of a second, or each call would tell something new
        const auto in_ms = [&](std::int64_t sample) {
            return sample * 10 / song.track->rate() * 100;
        };
        append_json(out["state"], !h.started ? "starting" : song.stalled ? "stalled" : "playing");
        append_json(out["at_ms"], in_ms(h.position));
        append_json(out["end_ms"], in_ms(song.track->end()));
        append_json(out["length_ms"], song.track->samples() * 1000 / song.track->rate());
        append_json(out["kbps"], song.kbps_at(h.position));
    }
    append_json(out["waiting_for"], song.driver->rules().retry().waiting_for());
    append_json(out["closing"], closing());
    out.end();
    if (json != shown_) browser_.show(shown_ = json);
}

/// Where the bytes came from since the page was opened, and where they went.
void Player::show_sources() {
    constexpr double between = 0.5;
    if (page_.now - sources_at_ < between) return;
    sources_at_ = page_.now;
    std::string json;
    JsonObject out{json};
    auto& to = out["sources"];
    JsonObject bytes{to};
    append_json(bytes["server"], static_cast<std::int64_t>(of_server_));
    append_json(bytes["peers"], static_cast<std::int64_t>(of_peers_));
    append_json(bytes["kept"], static_cast<std::int64_t>(of_shelf_));
    append_json(bytes["given"], static_cast<std::int64_t>(mesh_.sent()));
    append_json(bytes["links"], static_cast<std::int64_t>(mesh_.links()));
    bytes.end();
    append_json(out["peer"], mesh_.peer_id());
    append_json(out["goodbye"], mesh_.goodbye());
    out.end();
    if (json != sources_shown_) browser_.show(sources_shown_ = json);
}

// ---- events

/// Seldom, or at the end of a song.
void Player::tell_uploads(bool at_once) {
    const auto given = mesh_.sent();
    if (!current_ || !current_->events || given == uploads_told_ ||
        (!at_once && page_.now - uploads_at_ < between_progress))
        return;
    uploads_at_ = page_.now;
    tell(*current_, "upload",
         {{"bytes", static_cast<std::int64_t>(given - std::exchange(uploads_told_, given))}});
}

void Player::tell(Song& song, std::string_view event, std::initializer_list<events::Field> more) {
    if (song.events && posts_) song.events->tell(page_.utc_ms, event, more);
}

/// What to post in case that the page is closed now, for a worker has no time for it then: the
/// lines that wait, and the one that ends this playback.
std::string Player::closing() {
    if (!posts_) return {};
    constexpr std::size_t most_bytes = 16
                                       << 10;  // a page may leave 64 kB behind, and is told often
    auto line = outbox_.newest(most_bytes);
    if (!current_ || !current_->events || !current_->track) return line;
    auto events = *current_->events;  // the numbers of its lines go on where they are
    aside_ = &line;
    events.tell(page_.utc_ms, "end",
                {{"heard_ms", ms(current_->track->heard_s(frame()))}, {"why", "skipped"}});
    aside_ = nullptr;
    return line;
}

void Player::write(std::string_view lines, std::int64_t) {
    if (aside_)
        aside_->append(lines);
    else
        outbox_.add(lines);
}

void Player::post() {
    const auto pause = outbox_.pause_ms(ms(page_.now));
    if (!posts_ || !pause || *pause > 0 || page_.now - posted_at_ < between_posts) return;
    posted_at_ = page_.now;
    browser_.post(outbox_.post());
}

}  // namespace stretto::web
