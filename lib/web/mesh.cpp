#include "web/mesh.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "rtc/room.hpp"
#include "web/heads.hpp"

namespace stretto::web {
namespace {

using rtc::Frame;
using swarm::Signal;

// as for rtc/link and rtc/mail
constexpr double open_s = 5, idle_s = 60, silent_s = 8, unread_s = 8;
constexpr std::size_t most_queued_bytes = 65536, most_unread_bytes = 4 * most_queued_bytes;
constexpr std::size_t most_waiting = 16;  // asks of one link, beyond those that are under way
constexpr std::size_t most_banned = 4096, most_answer_bytes = 256 * 1024;
constexpr double between_announces_s = 3, longest_pause_s = 120, longest_poll_pause_s = 30;
constexpr std::size_t most_passes = 64;  // songs that are heard at a time are few
constexpr int wait_s = 25;
constexpr int most_peers = 24;
constexpr std::string_view stun_scheme = "stun:";

}  // namespace

struct Mesh::Link {
    Link(Mesh& mesh, int number, std::string peer)
        : number(number),
          peer(std::move(peer)),
          used(mesh.page_.now),
          heard(mesh.page_.now),
          read(mesh.page_.now),
          asks([this, &mesh](const Frame& frame) { mesh.fill(*this, frame); }, parse_response_head),
          uploads(mesh.page_, mesh.rules_, mesh.bucket_, this->peer,
                  [this, &mesh](const Frame& frame) { mesh.fill(*this, frame); }) {}

    int number;
    std::string peer, session;
    bool offered = false, answered = false, open = false, over = false, breach = false;
    bool wanted = false;  ///< we asked this peer for something
    double used, heard;
    double read;  ///< when the other end last took something, or nothing waited for it
    std::uint64_t sent = 0, drained = 0;  // bytes of messages
    std::deque<Wanted> waiting;
    std::map<int, std::uint32_t> numbers;  // of asks under way -> of the channel
    rtc::Asks asks;
    Uploads uploads;

    bool is_idle() const { return waiting.empty() && asks.empty() && uploads.empty(); }
    std::uint64_t queued() const { return sent - std::min(sent, drained); }
};

Mesh::Mesh(Page& page, Options options, Calls calls)
    : page_(page),
      options_(std::move(options)),
      calls_(std::move(calls)),
      bucket_(options_.upload_kbps * 125.0) {
    rules_.passes = Passes{options_.verifies};
}

Mesh::~Mesh() = default;

std::string Mesh::random_session() {
    std::string session;
    for (int i = 0; i < 3; ++i) {
        const auto bits = page_.browser.random();
        session += hex(BytesView{reinterpret_cast<const std::uint8_t*>(&bits), sizeof bits});
    }
    return session;
}

// ---- on and off

void Mesh::share(const Sharing& sharing) {
    const auto own = parse_sdp(sharing.description);
    Digest fingerprint;
    const bool on = sharing.is_on() && !options_.tracker.empty() && own &&
                    parse_hex(own->fingerprint, fingerprint);
    if (!on) return stop();
    const auto id = swarm::rtc_id_of(fingerprint);
    if (id == peer_id_) return;
    stop();
    peer_id_ = id;
    announce_at_ = page_.now;
    announce_pause_ = poll_pause_ = 1;
}

std::string Mesh::goodbye() const {
    if (token_.empty()) return {};
    std::string json;
    JsonObject out{json};
    append_json(out["peer_id"], peer_id_);
    out["rtc"] += "true";
    out["songs"] += "{}";
    out.end();
    return json;
}

void Mesh::stop() {
    if (!is_on()) return;
    const auto leaving = goodbye();
    if (!leaving.empty()) post("/announce", leaving, {[](int, BytesView) {}});
    peer_id_.clear();
    token_.clear();
    if (polling_ >= 0) page_.browser.cancel(polling_);
    for (auto& [number, post] : std::exchange(posts_, {}))
        unanswered_.push_back(std::move(post.done));
    announcing_ = polling_ = -1;
    for (const auto& [number, link] : links_) close(number, false);
}

// ---- the tracker

void Mesh::post(const std::string& path, const std::string& json, Post post) {
    if (!is_on()) return unanswered_.push_back(std::move(post.done));
    const int number = page_.numbers++;
    // an announce and a report say nothing of what somebody may hear
    const auto token = post.song.empty() ? std::string{} : page_.token;
    posts_[number] = std::move(post);
    page_.browser.request(number, options_.tracker + path, token, json);
}

bool Mesh::has(int number) const {
    return posts_.contains(number) || of_link_.contains(number) ||
           std::ranges::any_of(links_,
                               [&](const auto& link) { return link.second->uploads.has(number); });
}

void Mesh::answered(int number, int status, BytesView body, const Fields& fields) {
    const auto found = posts_.find(number);
    if (found == posts_.end()) return;
    const auto post = std::move(found->second);
    posts_.erase(found);
    const auto pass = std::ranges::find(fields, "stretto-pass", &Fields::value_type::first);
    if (!post.song.empty() && pass != fields.end()) {
        if (passes_.size() >= most_passes && !passes_.contains(post.song)) passes_.clear();
        passes_[post.song] = pass->second;
    }
    post.done(status, body.first(std::min(body.size(), most_answer_bytes)));
}

/// What a peer is shown for a path of a song; empty: nothing.
std::string Mesh::pass_for(std::string_view path) const {
    constexpr std::string_view songs = "/songs/";
    if (!path.starts_with(songs)) return {};
    path.remove_prefix(songs.size());
    const auto found = passes_.find(std::string{path.substr(0, path.find('/'))});
    return found == passes_.end() ? std::string{} : found->second;
}

void Mesh::verified(int number, std::string_view header, std::string_view claims) {
    for (auto& [of, link] : links_) {
        if (link->over || !link->uploads.has(number)) continue;
        if (!link->uploads.verified(number, header, claims)) return close(of, true);
        return fill(*link);
    }
}

void Mesh::announce() {
    swarm::Announce mine;
    mine.peer_id = peer_id_;
    mine.rtc = true;
    mine.upload_kbps = options_.upload_kbps;
    const bool gives = rules_.passes.verifies() || !rules_.passes.demanded();
    if (gives) mine.songs = page_.shelf.inventory();
    announced_changes_ = page_.shelf.changes();
    announced_at_ = page_.now;
    // without a song it is for a token
    const auto json = mine.songs.empty()
                          ? text(R"({"peer_id":")", peer_id_, R"(","rtc":true,"songs":{}})")
                          : swarm::print_announce(mine);
    // some may have found no room
    announcing_songs_.clear();
    if (const auto said = swarm::parse_announce(json))
        for (const auto& [id, have] : said->songs) announcing_songs_.insert(id.str());
    announcing_ = page_.numbers;
    post("/announce", json, {[this](int status, BytesView body) { announced(status, body); }});
}

void Mesh::announced(int status, BytesView body) {
    announcing_ = -1;
    const auto answer = status == 200 ? swarm::parse_announce_answer(as_text(body))
                                      : Result<swarm::AnnounceAnswer>{Malformed{"no answer"}};
    if (!answer || answer->token.empty()) {
        announce_at_ = page_.now + announce_pause_;
        announce_pause_ = std::min(2 * announce_pause_, longest_pause_s);
        return;
    }
    announce_pause_ = 1;
    announce_at_ = page_.now + std::clamp(answer->interval_s, 10, 3600);
    rules_.given.swap(announcing_songs_);
    for (const auto& id : answer->removed) rules_.given.erase(id);
    const bool demanded = rules_.passes.demanded();
    rules_.passes.learn(answer->pass_key, page_.utc_ms / 1000);
    // who cannot verify passes takes its songs back, or announces them again
    if (!rules_.passes.verifies() && demanded != rules_.passes.demanded()) announce_at_ = page_.now;
    token_ = answer->token;
    stun_ = answer->stun.starts_with(stun_scheme) ? answer->stun : "";
    for (auto& [number, link] : links_) {
        // these waited for it
        if (!link->offered || link->over || !link->session.empty()) continue;
        link->session = random_session();
        page_.browser.link(number, stun_, "");
    }
    if (polling_ < 0 && poll_at_ <= page_.now) poll();
}

void Mesh::poll() {
    polled_at_ = page_.now;
    polling_ = page_.numbers;
    post(text("/signals?peer=", peer_id_, "&token=", token_, "&wait=", wait_s), "",
         {[this](int status, BytesView body) { polled(status, body); }});
}

void Mesh::polled(int status, BytesView body) {
    polling_ = -1;
    if (status != 200 && status != 204) {
        poll_at_ = page_.now + poll_pause_;
        poll_pause_ = std::min(2 * poll_pause_, longest_poll_pause_s);
        // the token is of another hour or network, or the tracker is another
        if (status == 403 || status == 404)
            announce_at_ = std::min(announce_at_, page_.now + poll_pause_ / 2);
        return;
    }
    poll_pause_ = 1;
    const auto signals = swarm::parse_signals(as_text(body));
    const bool came = status == 200 && signals;
    // what ends at once was ended by another poll
    poll_at_ = came || page_.now >= polled_at_ + 1 ? page_.now : page_.now + 1;
    if (!came) return;
    for (const auto& signal : *signals)
        if (is_on()) on_signal(signal);
}

void Mesh::send(Signal signal, std::function<void(int)> done) {
    signal.from = peer_id_;
    signal.token = token_;
    post("/signal", swarm::print_signal(signal),
         {[this, done = std::move(done)](int status, BytesView) {
             if (status == 403) announce_at_ = std::min(announce_at_, page_.now);
             done(status);
         }});
}

void Mesh::peers(const std::string& song, int kbps, Named done) {
    swarm::PeersQuery query;
    query.song_id = song;
    if (kbps > 0) query.kbps = kbps;
    query.want = most_peers;
    query.peer_id = peer_id_;
    query.rtc = true;
    query.rtc_id = peer_id_;
    query.http = false;
    post("/peers", swarm::print_peers_query(query),
         {[done = std::move(done)](int status, BytesView body) {
              auto peers = status == 200 ? swarm::parse_peers_answer(as_text(body))
                                         : Result<std::vector<swarm::PeerInfo>>{Malformed{"none"}};
              if (!peers) return done({});
              // an older tracker names other peers too, which no page can reach
              std::erase_if(*peers, [](const auto& peer) { return !peer.url.starts_with("rtc:"); });
              done(std::move(*peers));
          },
          song});
}

void Mesh::report(const swarm::Report& report) {
    if (is_on() && !report.ticket.empty())
        post("/report", swarm::print_report(report), {[](int, BytesView) {}});
}

// ---- signals

void Mesh::on_signal(const Signal& signal) {
    // its certificate must be the one that its id names; else it is somebody's who lies
    Digest fingerprint;
    if (signal.kind != Signal::Kind::no && (!parse_hex(signal.fingerprint, fingerprint) ||
                                            swarm::rtc_id_of(fingerprint) != signal.from))
        return;
    if (signal.kind == Signal::Kind::offer) return on_offer(signal);
    auto* link = find(signal.from);
    if (!link || link->session != signal.session || !link->offered ||
        std::exchange(link->answered, true))
        return;
    if (signal.kind == Signal::Kind::no) return close(link->number, false);
    page_.browser.accept(link->number, print_sdp(signal));
}

void Mesh::on_offer(const Signal& signal) {
    const auto& peer = signal.from;
    if (peer == peer_id_ || banned_.contains(peer)) return;
    std::deque<Wanted> waiting;
    if (auto* link = find(peer)) {
        if (link->session == signal.session) return;
        // both offer at the same time: that of the lesser id counts
        if (!link->open && link->offered && peer_id_ < peer) return;
        // else it has begun anew
        waiting = std::move(link->waiting);
        link->waiting.clear();
        close(link->number, false);
    }
    if (!make_room(waiting.empty())) {
        for (const auto& one : waiting) {
            of_link_.erase(one.number);
            refused_.push_back(one.number);
        }
        Signal no;
        no.kind = Signal::Kind::no;
        no.to = peer;
        no.session = signal.session;
        return send(std::move(no), [](int) {});
    }
    auto& link = add(peer, &signal);
    link.waiting = std::move(waiting);
    link.wanted = !link.waiting.empty();
    for (const auto& one : link.waiting) of_link_[one.number] = link.number;
}

void Mesh::described(int number, std::string_view sdp) {
    const auto found = links_.find(number);
    if (found == links_.end()) return;
    auto& link = *found->second;
    auto signal = parse_sdp(sdp);
    if (!signal) return close(number, false);
    signal->kind = link.offered ? Signal::Kind::offer : Signal::Kind::answer;
    signal->to = link.peer;
    signal->session = link.session;
    send(std::move(*signal), [this, number, session = link.session](int status) {
        const auto found = links_.find(number);
        if (status != 202 && found != links_.end() && found->second->session == session)
            close(number, false);
    });
}

// ---- links

Mesh::Link* Mesh::find(const std::string& peer) {
    for (auto& [number, link] : links_)
        if (link->peer == peer && !link->over) return link.get();
    return nullptr;
}

std::size_t Mesh::links() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        links_, [](const auto& link) { return link.second->open && !link.second->over; }));
}

/// One more link may be made, possibly in the place of another one.
bool Mesh::make_room(bool for_stranger) {
    std::vector<rtc::Seat> seats;
    std::vector<int> numbers;
    for (const auto& [number, link] : links_) {
        if (link->over) continue;
        seats.push_back({link->wanted, link->open, link->is_idle(), link->used});
        numbers.push_back(number);
    }
    const auto room = rtc::room_for(seats, options_.links, for_stranger);
    if (room.leaves) close(numbers[*room.leaves], false);
    return room.there;
}

/// @param offer  of the other end; nullptr: ours
Mesh::Link& Mesh::add(const std::string& peer, const Signal* offer) {
    const int number = link_numbers_++;
    auto& link = *(links_[number] = std::make_unique<Link>(*this, number, peer));
    link.offered = !offer;
    if (offer) link.session = offer->session;
    if (!offer && token_.empty()) return link;  // announced() goes on
    if (!offer) link.session = random_session();
    page_.browser.link(number, stun_, offer ? print_sdp(*offer) : "");
    return link;
}

void Mesh::opened(int number) {
    const auto found = links_.find(number);
    if (found == links_.end()) return;
    auto& link = *found->second;
    link.open = true;
    link.used = link.heard = page_.now;
    send_asks(link);
}

void Mesh::closed(int number) { close(number, false); }

void Mesh::close(int number, bool breach) {
    const auto found = links_.find(number);
    if (found == links_.end()) return;
    auto& link = *found->second;
    if (breach) ban(std::string{link.peer});
    if (std::exchange(link.over, true)) return;
    // those that wait, and those under way; told later, as are all that fail here
    for (const auto& one : link.waiting) refused_.push_back(one.number);
    for (const auto& [ask, request] : link.numbers) refused_.push_back(ask);
    for (const int ask : refused_) of_link_.erase(ask);
    page_.browser.unlink(number);
    closing_.push_back(number);  // it may be the one that calls
}

void Mesh::ban(const std::string& peer) {
    if (banned_.size() >= most_banned) banned_.erase(banned_.begin());
    banned_.insert(peer);
    if (const auto* link = find(peer)) close(link->number, false);
}

// ---- messages

void Mesh::fill(Link& link, const Frame& frame) {
    if (link.over) return;
    link.used = page_.now;
    if (frame.kind == Frame::ask) link.heard = page_.now;  // an answer is due from now on
    const auto bytes = rtc::print_frame(frame);
    link.sent += bytes.size();
    page_.browser.send(link.number, bytes);
    // refusals alone fill the queue of who asks and does not read
    if (link.queued() > most_unread_bytes) close(link.number, true);
}

void Mesh::fill(Link& link) {
    while (link.open && !link.over && link.queued() < most_queued_bytes) {
        const auto bytes = link.uploads.fill();
        if (bytes == 0) return;
        sent_ += bytes;
    }
}

void Mesh::message(int number, BytesView bytes) {
    const auto found = links_.find(number);
    if (found == links_.end() || found->second->over) return;
    auto& link = *found->second;
    link.heard = page_.now;
    const auto frame = rtc::parse_frame(bytes);
    if (!frame) return close(number, true);
    if (frame->kind == Frame::have) return;  // the tracker says it too
    link.used = page_.now;
    const bool of_uploads = frame->kind == Frame::ask || frame->kind == Frame::stop;
    const auto taken = of_uploads ? link.uploads.take(*frame) : link.asks.take(*frame);
    if (!taken) return close(number, true);
    send_asks(link);
    fill(link);
}

void Mesh::drained(int number, std::uint64_t bytes) {
    const auto found = links_.find(number);
    if (found == links_.end()) return;
    auto& link = *found->second;
    if (bytes > link.drained) link.read = page_.now;
    link.drained = std::max(link.drained, bytes);
    fill(link);
}

void Mesh::read(int number, std::optional<BytesView> bytes) {
    for (auto& [of, link] : links_) {
        if (link->over || !link->uploads.has(number)) continue;
        link->uploads.read(number, bytes);
        return fill(*link);
    }
}

// ---- asks

void Mesh::ask(int number, const std::string& peer, const http::Request& request,
               std::uint64_t most_bytes) {
    auto* link = find(peer);
    const bool refused = !is_on() || peer == peer_id_ || banned_.contains(peer) ||
                         (!link && !make_room(false)) ||
                         (link && link->waiting.size() >= most_waiting);
    if (refused) {
        refused_.push_back(number);
        return;
    }
    if (!link) link = &add(peer, nullptr);
    link->wanted = true;
    of_link_[number] = link->number;
    link->waiting.push_back({number, request, most_bytes});
    if (const auto pass = pass_for(request.target); !pass.empty())
        link->waiting.back().request.fields.add("Authorization", "Bearer " + pass);
    send_asks(*link);
}

void Mesh::send_asks(Link& link) {
    while (link.open && !link.over && !link.waiting.empty() && !link.asks.full()) {
        const auto wanted = std::move(link.waiting.front());
        link.waiting.pop_front();
        rtc::AskCalls calls;
        const int number = wanted.number;
        calls.head = [this, number](http::Response&& response) {
            Fields fields;
            for (const auto& field : response.fields) fields.emplace_back(field.name, field.value);
            calls_.head(number, response.status, fields);
        };
        calls.body = [this, number](BytesView bytes) {
            if (of_link_.contains(number)) calls_.data(number, bytes);
        };
        calls.end = [this, number, &link](const char* why) {
            link.numbers.erase(number);
            if (of_link_.erase(number) == 0) return;
            if (why)
                calls_.failed(number);
            else
                calls_.ended(number);
        };
        // the answer may come at once only in tests
        const auto asked = link.asks.ask(wanted.request, wanted.most_bytes, std::move(calls));
        if (!link.over)
            link.numbers[number] = asked;
        else if (of_link_.erase(number) != 0)
            refused_.push_back(number);  // sending it ended the link
    }
}

void Mesh::cancel(int number) {
    std::erase(refused_, number);
    const auto found = of_link_.find(number);
    if (found == of_link_.end()) return;
    const auto at = links_.find(found->second);
    of_link_.erase(found);
    if (at == links_.end()) return;
    auto& link = *at->second;
    std::erase_if(link.waiting, [&](const Wanted& one) { return one.number == number; });
    if (const auto request = link.numbers.find(number); request != link.numbers.end()) {
        const auto of_channel = request->second;
        link.numbers.erase(request);
        if (!link.over) link.asks.stop(of_channel);
    }
}

// ---- as time passes

void Mesh::look(Link& link) {
    if (!link.uploads.waits() || link.queued() < most_queued_bytes) link.read = page_.now;
    if (!link.open) {
        if (page_.now > link.used + open_s) close(link.number, false);
    } else if (link.is_idle()) {
        if (page_.now > link.used + idle_s) close(link.number, false);
    } else if ((!link.asks.empty() && page_.now > link.heard + silent_s) ||
               page_.now > link.read + unread_s) {
        close(link.number, false);
    }
}

double Mesh::tick() {
    for (const int number : std::exchange(closing_, {})) links_.erase(number);
    for (const int number : std::exchange(refused_, {})) calls_.failed(number);
    for (const auto& done : std::exchange(unanswered_, {})) done(0, {});
    if (!is_on()) return 1;
    double wait = 1;
    for (auto& [number, link] : links_) {
        if (link->over) continue;
        look(*link);
        send_asks(*link);
        fill(*link);
        if (link->uploads.waits() && link->queued() < most_queued_bytes)
            wait = std::min(wait, bucket_.wait());
    }
    if (announcing_ < 0) {
        const bool changed = page_.shelf.changes() != announced_changes_ && !token_.empty();
        const auto due =
            changed ? std::min(announce_at_, announced_at_ + between_announces_s) : announce_at_;
        if (page_.now >= due)
            announce();
        else
            wait = std::min(wait, due - page_.now);
    }
    if (polling_ < 0 && !token_.empty()) {
        if (page_.now >= poll_at_)
            poll();
        else
            wait = std::min(wait, poll_at_ - page_.now);
    }
    if (!closing_.empty() || !refused_.empty()) return 0;
    return wait;
}

}  // namespace stretto::web
