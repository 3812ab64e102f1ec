#include "peer/tracker.hpp"

#include <random>

#include "base/digest.hpp"
#include "http/token.hpp"

namespace stretto::peer {
namespace {

constexpr std::size_t small_answer = 64 * 1024;    // 24 peers are 8 kB
constexpr std::size_t beside_edges = 1024 * 1024;  // the manifest comes from them
constexpr std::uint64_t least_between_ms = 3000;   // announces, when something has changed
/// The tracker tries to connect to us after the first announce; it is told soon that it did.
constexpr int most_unreached = 2;
constexpr std::size_t most_passes = 64;  // songs that are heard at a time are few
/// It looks at all that is kept, and a song that begins needs the network: after both.
constexpr std::chrono::milliseconds first_announce{500};

http::Upstream::Limits limits() {
    http::Upstream::Limits limits;
    limits.connections = 8;
    limits.proxy = true;  // the user named it
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = std::chrono::seconds{5};
    limits.least_bytes_per_s = 500;
    limits.rate_window = std::chrono::seconds{5};
    return limits;
}

std::string random_id() {
    std::random_device random;
    Bytes bytes;
    for (int i = 0; i < 4; ++i) append_u32(bytes, random());
    return base32(bytes);
}

}  // namespace

swarm::Songs inventory(const store::Kept& kept) {
    swarm::Songs all;
    for (const auto& id : kept.songs()) {
        if (all.size() == swarm::most_songs) break;
        for (const auto& [kbps, here] : kept.chunks(id)) {
            auto& ranges = all[id][kbps];
            for (int k = 0; k < static_cast<int>(here.size()); ++k) {
                if (!here[static_cast<std::size_t>(k)]) continue;
                if (!ranges.empty() && ranges.back().last == k - 1)
                    ranges.back().last = k;
                else
                    ranges.push_back({k, k});
            }
        }
    }
    return all;
}

Tracker::Tracker(net::Loop& loop, const std::string& url, std::optional<swarm::Location> location)
    : loop_(loop),
      peer_id_(random_id()),
      location_(location),
      upstream_(loop, url, limits()),
      again_(loop, [this] { announce(); }) {}

void Tracker::get(const std::string& target, std::size_t most,
                  std::function<void(http::Whole)> done) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    if (token_) http::authorize(request, token_());
    http::ask(upstream_, std::move(request), {}, most, std::move(done));
}

std::string Tracker::pass(const std::string& song_id) const {
    const auto found = passes_.find(song_id);
    return found == passes_.end() ? std::string{} : found->second;
}

void Tracker::keep_pass(const std::string& song_id, const http::Fields& answer) {
    const auto* pass = answer.find("Stretto-Pass");
    if (!pass) return;
    if (passes_.size() >= most_passes && !passes_.contains(song_id)) passes_.clear();
    passes_[song_id] = *pass;
}

/// One that is damaged says nothing: what was demanded stays demanded.
void Tracker::learn_pass_key(const std::string& point) {
    if (!pass_key_) return;
    if (point.empty()) return pass_key_(std::nullopt);
    if (const auto key = sign::PublicKey::parse_point(point)) pass_key_(*key);
}

void Tracker::post(const std::string& path, const std::string& json,
                   std::function<void(http::Whole)> done) {
    http::Request request;
    request.method = "POST";
    request.target = path;
    request.fields.add("Content-Type", "application/json");
    // an announce and a report say nothing of what somebody may hear
    if (path == "/peers" && token_) http::authorize(request, token_());
    http::ask(upstream_, std::move(request), Bytes(json.begin(), json.end()), small_answer,
              std::move(done));
}

void Tracker::song(const std::string& song, bool edges_known, Song done) {
    auto target = "/songs/" + song;
    if (location_) target += "?location=" + swarm::print_location(*location_);
    if (const auto self = gateway().peer_id; !self.empty())
        target += text(location_ ? '&' : '?', "rtc_id=", self);
    const auto most = edges_known ? beside_edges : swarm::most_answer_bytes;
    get(target, most, [this, done = std::move(done)](http::Whole got) {
        if (!got.ok()) return done({}, got.status, got.why);
        auto answer = swarm::parse_song_answer(as_text(got.body));
        if (!answer) return done({}, 0, answer.error().why);
        keep_pass(answer->song_id, got.fields);
        done(std::move(*answer), 200, "");
    });
}

void Tracker::peers(const std::string& song_id, int kbps, int want,
                    std::function<void(std::optional<std::vector<swarm::PeerInfo>>)> done) {
    swarm::PeersQuery query;
    query.song_id = song_id;
    query.kbps = kbps;
    query.location = location_;
    query.want = want;
    query.peer_id = peer_id_;
    query.port = port_;
    const auto self = gateway().peer_id;
    query.rtc = !self.empty();
    query.rtc_id = self;
    const auto take = [this, song_id, self, done = std::move(done)](http::Whole got) {
        if (!got.ok()) return done({});
        auto peers = swarm::parse_peers_answer(as_text(got.body));
        if (!peers) return done({});
        keep_pass(song_id, got.fields);
        std::erase_if(*peers, [&](const auto& peer) { return peer.url == "rtc:" + self; });
        done(std::move(*peers));
    };
    post("/peers", swarm::print_peers_query(query), take);
}

void Tracker::edges(std::function<void(std::optional<std::vector<swarm::EdgeInfo>>)> done) {
    std::string target = "/edges";
    if (location_) target += "?location=" + swarm::print_location(*location_);
    http::get(upstream_, target, swarm::most_answer_bytes,
              [done = std::move(done)](http::Whole got) {
                  if (!got.ok()) return done({});
                  auto edges = swarm::parse_edges_answer(as_text(got.body));
                  if (!edges) return done({});
                  done(std::move(*edges));
              });
}

void Tracker::report(const swarm::Report& report) {
    if (!report.ticket.empty()) post("/report", swarm::print_report(report), [](http::Whole) {});
}

void Tracker::share(const store::Kept& kept, int port, std::int64_t upload_kbps,
                    std::function<void(std::vector<std::string>)> withhold) {
    kept_ = &kept;
    withhold_ = std::move(withhold);
    port_ = port;
    upload_kbps_ = upload_kbps;
    again_.once(first_announce);
}

void Tracker::changed() {
    if (!kept_ || changed_) return;
    changed_ = true;
    if (announcing_) return;  // its answer sets the clock
    const auto since = loop_.now_ms() - announced_ms_;
    again_.once(
        std::chrono::milliseconds{since >= least_between_ms ? 0 : least_between_ms - since});
}

void Tracker::announce() {
    if (!kept_ || announcing_) return;
    swarm::Announce mine;
    mine.peer_id = peer_id_;
    mine.port = port_;
    mine.location = location_;
    mine.upload_kbps = upload_kbps_;
    mine.songs = inventory(*kept_);
    changed_ = false;
    if (mine.songs.empty()) return;  // the first chunk calls again
    announcing_ = true;
    announced_ms_ = loop_.now_ms();
    const auto json = swarm::print_announce(mine);
    post("/announce", json, [this, mine = std::move(mine)](const http::Whole& got) {
        announcing_ = false;
        if (leaving_) return got.ok() || answered_ ? say_leaving() : leaving_();
        if (!kept_) return;
        std::chrono::milliseconds next{};
        const auto answer = got.ok() ? swarm::parse_announce_answer(as_text(got.body))
                                     : Result<swarm::AnnounceAnswer>{Malformed{got.why}};
        if (answer) {
            answered_ = true;
            // they are announced all the same: so we learn when one may be shared again
            if (withhold_) withhold_(answer->removed);
            learn_pass_key(answer->pass_key);
            next = std::chrono::seconds{answer->interval_s};
            next = std::min(next, reached(answer->listed));
            announce_to_pages(mine, answer->pages);
            pause_s_ = 5;
        } else {
            next = std::chrono::seconds{pause_s_};
            pause_s_ = std::min(2 * pause_s_, 120);
        }
        if (changed_) next = std::min(next, std::chrono::milliseconds{least_between_ms});
        again_.once(next);
    });
}

/// @return when to announce again, at the latest
std::chrono::milliseconds Tracker::reached(bool listed) {
    unreached_ = listed ? 0 : std::min(unreached_ + 1, most_unreached);
    if (unreached_ > 0 && unreached_ < most_unreached && !gateway().url.empty())
        return std::chrono::milliseconds{least_between_ms};
    return std::chrono::hours{1};
}

/// A listener that HTTP reaches says so: the tracker names it to natives in one way only.
void Tracker::announce_to_pages(swarm::Announce mine, const std::vector<std::string>& pages) {
    if (unreached_ > 0 && unreached_ < most_unreached) return;  // that is not known yet
    if (unreached_ == 0) {
        mine.http = true;
        swarm::Songs wanted;
        for (const auto& id : pages)
            if (const auto found = mine.songs.find(id); found != mine.songs.end())
                wanted.insert(*found);
        mine.songs = std::move(wanted);
    }
    // without songs: once, to leave
    const bool offers = !mine.songs.empty();
    if (std::exchange(offered_, offers) || offers)
        announce_through(swarm::print_announce(mine), [] {});
}

/// The same as it is; stretto-rtc puts its own id in the place of ours.
void Tracker::announce_through(const std::string& json, std::function<void()> done) {
    const auto to = gateway();
    if (to.url.empty()) return done();
    if (through_url_ != to.url) {
        through_.emplace(loop_, to.url, limits());
        through_url_ = to.url;
    }
    http::Request request;
    request.method = "POST";
    request.target = "/announce";
    request.fields.add("Content-Type", "application/json");
    http::ask(*through_, std::move(request), Bytes(json.begin(), json.end()), small_answer,
              [done = std::move(done)](const http::Whole&) { done(); });
}

void Tracker::leave(std::function<void()> done) {
    const bool shared = std::exchange(kept_, nullptr);
    again_.stop();
    // a tracker that was told nothing names us to nobody
    if (!shared || (!answered_ && !announcing_)) return done();
    auto once = std::make_shared<std::function<void()>>(std::move(done));
    leaving_ = [once] {
        if (auto call = std::exchange(*once, nullptr)) call();
    };
    late_.emplace(loop_, leaving_);
    late_->once(std::chrono::seconds{1});
    // on another connection it could arrive before the announce under way, which would then stay
    if (!announcing_) say_leaving();
}

void Tracker::say_leaving() {
    swarm::Announce mine;
    mine.peer_id = peer_id_;
    mine.port = port_;
    const auto json = swarm::print_announce(mine);
    const auto rest = std::make_shared<int>(2);
    const auto one = [finish = std::exchange(leaving_, {}), rest] {
        if (--*rest == 0) finish();
    };
    post("/announce", json, [one](const http::Whole&) { one(); });
    if (through_url_.empty())
        one();
    else
        announce_through(json, one);
}

}  // namespace stretto::peer
