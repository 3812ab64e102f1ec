#include "sim/crowd_client.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "sim/crowd_state.hpp"

namespace stretto::sim {
namespace {

constexpr int rate = 44'100;
constexpr std::uint32_t manifest_bytes = 4500, index_row_bytes = 24;
constexpr std::uint32_t poll_ask_bytes = 250, poll_answer_bytes = 450;  // as in heads_bytes
constexpr double silence_s = 5;  // before a poll that is not answered ends

bool gives(const gather::Have& have, const gather::Ask& ask) {
    if (have.has(ask.chunk)) return true;
    const auto part = have.parts.find(ask.chunk);
    return part != have.parts.end() &&
           gather::contains(part->second, ask.first_piece, ask.end_piece);
}

/// What a listener hears of a song before going on to another, s. Lamere (Spotify, 2014): 24 % of
/// plays are skipped within 5 s, 29 % within 10 s, 35 % within 30 s, 49 % before the end.
double patience(Chance& chance, double song_s) {
    const double u = chance.real();
    const auto between = [&](double from, double to) {
        return std::min(song_s, from + (to - from) * chance.real());
    };
    if (u < 0.24) return between(1, 5);
    if (u < 0.29) return between(5, 10);
    if (u < 0.35) return between(10, 30);
    if (u < 0.49) return between(30, song_s);
    return song_s;
}

}  // namespace

CrowdClient::CrowdClient(CrowdState& crowd, std::uint32_t listener, std::uint32_t song,
                         int rendition)
    : crowd_(crowd),
      listener_(listener),
      number_(song),
      song_(crowd.catalogue.song(song)),
      edges_(me().edges ? me().edges : std::make_shared<gather::Edges>()),
      serial_(++crowd.serials) {
    outcome_.listener = listener;
    outcome_.song = song;
    outcome_.began_s = now_s();
    const auto seed = static_cast<std::uint32_t>(crowd.chance.next());
    const int kbps = song_.layout.kbps[static_cast<std::size_t>(rendition)];
    gather::Conductor::Options options;
    options.tracker = true;
    options.peers = crowd.settings.peers;
    options.local_peers = true;
    options.rtc_peers = crowd.settings.nat.has_value();
    options.self = std::to_string(listener);
    options.keeps = true;
    options.first_beside_tracker = crowd.settings.play;
    options.first_kbps = 96;
    options.retry.patience_s = 1e9;
    options.retry.seed = seed;
    if (crowd.settings.play) {
        policy_ = abr::make_policy(crowd.settings.abr);
        gather::Listening::Wish wish;
        wish.most_kbps = kbps;
        wish.session.seed = seed;
        rules_ = wish.session;
        until_s_ = crowd.settings.skips ? patience(crowd.chance, song_.seconds) : song_.seconds;
        ears_.emplace(song_.seconds);
        if (edges_->empty()) edges_->add_trusted("", "");  // known from the run before
        auto listening = std::make_unique<gather::Listening>(*edges_, options, *policy_, wish);
        listening_ = listening.get();
        conductor_ = std::move(listening);
    } else {
        gather::Fetching::Wish wish;
        wish.kbps = kbps;
        wish.seed = seed;
        outcome_.bytes = song_.whole[static_cast<std::size_t>(rendition)];
        conductor_ = std::make_unique<gather::Fetching>(*edges_, options, wish);
    }
    auto kept = found();
    const bool known = std::ranges::any_of(
        kept.kept, [](const auto& r) { return !r.empty() && r[0]; });  // with its manifest
    conductor_->start(now_s(), listening_ && known ? std::optional{std::move(kept)} : std::nullopt);
    carry_out();
    later(0, Timer::pump);
}

CrowdClient::~CrowdClient() = default;

Millis CrowdClient::now() const { return crowd_.now; }
Listener& CrowdClient::me() { return crowd_.listeners[listener_]; }

void CrowdClient::later(double seconds, Timer what, int number) {
    crowd_.agenda.at(crowd_.time_after(seconds), what, listener_, serial_, number);
}

void CrowdClient::timer(Timer what, std::uint32_t serial, int number) {
    if (serial != serial_ || over_) return;
    switch (what) {
        case Timer::call:
            break;
        case Timer::pump:
            return pump();
        case Timer::wake:
            return crowd_.wake(listener_);
        case Timer::tracker:
            return from_tracker(number);
        case Timer::cache:
            return from_cache(number);
        case Timer::head:
            return on_head(number);
        case Timer::stalled:
            return fail(number, gather::Fault::stalled);
    }
}

/// What the manifest tells, and what is kept.
gather::Found CrowdClient::found() const {
    gather::Found found;
    found.rate = rate;
    found.shape.chunk_s = song_.shape.chunk_s;
    for (const auto& r : song_.shape.renditions) {
        auto& to =
            found.shape.renditions.emplace_back(abr::Shape::Rendition{r.kbps, r.header_bytes, {}});
        for (const auto& chunk : r.chunks) to.chunks.push_back({chunk.bytes, {}});
    }
    found.kept.resize(song_.shape.renditions.size());
    for (const auto& holding : crowd_.listeners[listener_].holdings)
        if (holding.song == number_)
            found.kept[static_cast<std::size_t>(holding.rendition)] = holding.have.chunks;
    return found;
}

// ---- steps

void CrowdClient::carry_out() {
    for (auto steps = conductor_->take(); !steps.empty(); steps = conductor_->take())
        for (const auto& step : steps)
            std::visit([this](const auto& what) { carry_out(what); }, step);
}

void CrowdClient::carry_out(const Ask& ask) {
    if (ask.from == Ask::From::tracker) {
        flights_[ask.number].ask = ask;
        const double rtts = ask.what == Ask::What::song ? 2 : 1;  // its connection stays open
        return later(rtts * me().tracker_rtt_s, Timer::tracker, ask.number);
    }
    if (ask.from == Ask::From::cache) {
        flights_[ask.number].ask = ask;
        outcome_.from[0] += ask.stop - ask.begin;
        return later(0, Timer::cache, ask.number);
    }
    Flight flight;
    flight.ask = ask;
    flight.length = length_of(ask);
    flight.next_piece = ask.first_piece;
    request(std::move(flight));
}

void CrowdClient::from_cache(int number) {
    const auto flight = flights_.extract(number);
    if (flight.empty()) return;
    const auto& ask = flight.mapped().ask;
    tell_bytes();
    conductor_->received(number, ask.stop - ask.begin, now_s());
    carry_out();
    conductor_->ended(number, now_s());
    carry_out();
    pump();
}

std::uint32_t CrowdClient::length_of(const Ask& ask) const {
    const auto r = static_cast<std::size_t>(ask.rendition);
    switch (ask.what) {
        case Ask::What::manifest:
            return manifest_bytes;
        case Ask::What::index: {
            std::size_t pieces = 0;
            for (const auto& chunk : song_.shape.renditions[r].chunks)
                pieces += chunk.pieces.size();
            return static_cast<std::uint32_t>(pieces) * index_row_bytes;
        }
        case Ask::What::first: {
            std::size_t best = 0;
            while (best + 1 < song_.layout.kbps.size() && song_.layout.kbps[best + 1] <= ask.kbps)
                ++best;
            return song_.bytes[best][0];
        }
        case Ask::What::headers:
        case Ask::What::part:
            return ask.stop - ask.begin;
        case Ask::What::song:
        case Ask::What::peers:
        case Ask::What::poll:
            break;
    }
    return 0;
}

void CrowdClient::carry_out(const gather::Pass& pass) {
    const auto& session = listening_->session();
    const auto& want = *session.under_way();
    const int kbps = song_.layout.kbps[static_cast<std::size_t>(pass.rendition)];
    const auto before = session.have();
    listening_->decoded(pass, session.audio_of(want, pass.stop - want.begin), now_s());
    const double audio_s = static_cast<double>(session.have() - before) / rate;
    outcome_.came_s += audio_s;
    outcome_.kbps_s += audio_s * kbps;
    auto rules = rules_;
    rules.start_s = session.start_s();
    ears_->audio(at(), static_cast<double>(session.have()) / rate, rules);
    if (!ears_->started()) crowd_.wake(listener_);
}

void CrowdClient::carry_out(const gather::Check& check) {
    keep(check.rendition, check.chunk);
    conductor_->checked(check.rendition, check.chunk, true, now_s());
}

void CrowdClient::carry_out(const gather::Tell& tell) {
    crowd_.tracker.report(tell.report, me().at.ip, static_cast<std::uint64_t>(now()));
}

void CrowdClient::carry_out(const gather::Came& came) {
    if (came.ask.what == Ask::What::first || came.ask.what == Ask::What::part)
        if (came.ask.from == Ask::From::edge && came.ask.chunk == 0 && came.ask.begin == 0 &&
            outcome_.first_bytes == 0)
            outcome_.first_bytes = static_cast<std::uint32_t>(came.bytes);
    if (listening_) return;
    outcome_.from[came.ask.from == Ask::From::peer ? 1 : 2] += came.right;
    outcome_.wasted += came.bytes - std::min(came.bytes, came.right);
}

void CrowdClient::carry_out(const gather::End&) {
    outcome_.ended_s = now_s();
    while (!flights_.empty()) end(flights_.begin()->first);
    over_ = true;
}

// ---- the tracker

void CrowdClient::from_tracker(int number) {
    const auto asked = flights_.extract(number);
    if (asked.empty()) return;
    tell_bytes();
    const auto& ask = asked.mapped().ask;
    auto peers = peers_of(ask);
    if (ask.what == Ask::What::song) {
        if (edges_->empty()) edges_->add_trusted("", "");
        if (crowd_.settings.peers_first) conductor_->spare_edges();
        conductor_->song_said(number, std::move(peers), found(), "", now_s());
    } else {
        conductor_->peers_said(number, peers, now_s());
    }
    carry_out();
    crowd_.wake(listener_);
}

std::vector<swarm::PeerInfo> CrowdClient::peers_of(const Ask& ask) {
    std::vector<swarm::PeerInfo> peers;
    if (!crowd_.settings.peers) return peers;
    swarm::PeersQuery query;
    query.song_id = song_.id;
    if (ask.what == Ask::What::peers) {
        query.kbps = song_.layout.kbps[static_cast<std::size_t>(ask.rendition)];
        query.peer_id = std::to_string(listener_);
        query.port = me().at.port;
    }
    query.location = me().place;
    crowd_.tracker.list(query, {me().at.ip, me().place}, static_cast<std::uint64_t>(now()),
                        [&](std::string_view list) {
                            if (crowd_.settings.messages)
                                crowd_.result.message_bytes += list.size() + heads_bytes;
                            if (auto said = swarm::parse_peers_answer(swarm::wrap_peers_list(list)))
                                peers = std::move(*said);
                        });
    if (crowd_.settings.nat)
        for (auto& peer : peers) peer.url = "rtc:" + peer.peer_id;
    return peers;
}

/// Its number in the crowd.
std::size_t CrowdClient::edge_of(const Ask& ask) const {
    std::size_t edge = crowd_.listeners[listener_].edge;
    const auto& name = edges_->at(ask.source).name;  // empty if only the nearest one is known
    std::from_chars(name.data(), name.data() + name.size(), edge);
    return edge;
}

double CrowdClient::rtt_of(std::size_t edge) const {
    const auto& me = crowd_.listeners[listener_];
    return edge == me.edge ? me.edge_rtt_s : rtt_s(me.place, edge_place(edge));
}

/// One edge serves a listener at a time: connections to another one are forgotten.
CrowdClient::Idle& CrowdClient::edge_idle(std::size_t edge) {
    auto& idle = me().edge_idle;
    if (idle.edge != edge || !crowd_.works(edge)) idle = {};
    idle.edge = edge;
    return idle;
}

void CrowdClient::edges_failed() {
    std::vector<int> cut;
    for (const auto& [number, flight] : flights_)
        if (flight.flow >= 0 && flight.ask.from == Ask::From::edge &&
            !crowd_.works(edge_of(flight.ask)))
            cut.push_back(number);
    for (const int number : cut) fail(number, gather::Fault::broken);
}

CrowdClient::Host& CrowdClient::host(int peer) {
    const auto [found, fresh] = hosts_.try_emplace(peer);
    if (fresh) {
        const auto& id = conductor_->peers()->at(peer).info.peer_id;
        std::from_chars(id.data(), id.data() + id.size(), found->second.peer);
        found->second.rtt_s = rtt_s(me().place, crowd_.listeners[found->second.peer].place);
        found->second.barred = !crowd_.connect(listener_, found->second.peer);
    }
    return found->second;
}

// ---- requests

bool CrowdClient::silent(const Host& host) const {
    const auto& peer = crowd_.listeners[host.peer];
    return !peer.here || !peer.reachable || host.barred || peer.evil == Evil::silent;
}

bool CrowdClient::gives_wrong_bytes(const Ask& ask) {
    if (ask.from != Ask::From::peer) return false;
    const auto evil = crowd_.listeners[host(ask.source).peer].evil;
    return evil == Evil::wrong || evil == Evil::forged;
}

/// A connection that waits is used again; its window is what it was, unless it waited for long
/// (RFC 5681, 4.1).
bool CrowdClient::reuse(Idle& idle, double rtt_s, Flight& flight) {
    if (idle.connections == 0) return false;
    --idle.connections;
    if (static_cast<double>(now() - idle.since) < 200 + 2000 * rtt_s)
        flight.window_rate = idle.window_rate;
    return true;
}

/// Seconds until a link to a peer is open. All requests share it.
double CrowdClient::link(Host& host) {
    const bool idle = now() - host.link_used > static_cast<Millis>(1000 * link_idle_s);
    if (host.link_used == 0 || idle) {
        const auto& peer = crowd_.listeners[host.peer];
        const double signals_s = me().tracker_rtt_s + peer.tracker_rtt_s;
        host.link_open =
            now() +
            static_cast<Millis>(1000 * (link_gather_s + signals_s + link_round_trips * host.rtt_s));
        ++crowd_.result.links_tried;
        if (peer.here && peer.reachable && !host.barred) ++crowd_.result.links_open;
    }
    host.link_used = now();
    return static_cast<double>(std::max<Millis>(0, host.link_open - now())) / 1000;
}

/// A round trip till its answer's first byte, and one before on a new connection. One to learn that
/// an edge refuses connections.
void CrowdClient::request(Flight flight) {
    const int number = flight.ask.number;
    const bool of_edge = flight.ask.from == Ask::From::edge;
    const auto edge = of_edge ? edge_of(flight.ask) : 0;
    auto& idle = of_edge ? edge_idle(edge) : host(flight.ask.source).idle;
    const double rtt = of_edge ? rtt_of(edge) : host(flight.ask.source).rtt_s;
    const bool refused = of_edge && !crowd_.works(edge);
    const bool linked = !of_edge && crowd_.settings.nat.has_value();
    const bool ready = reuse(idle, rtt, flight) || refused || linked;
    const double wait = rtt * (ready ? 1 : 2) + (linked ? link(host(flight.ask.source)) : 0);
    const double origin = of_edge ? crowd_.origin_s(edge, number_, flight.ask) : 0;
    if (crowd_.settings.messages && flight.ask.what == Ask::What::poll)
        crowd_.result.message_bytes += poll_ask_bytes;
    flights_[number] = std::move(flight);
    later(wait + origin, Timer::head, number);
}

gather::Have CrowdClient::holding_of(const Host& host, int rendition) const {
    auto& peer = crowd_.listeners[host.peer];
    const auto chunks = song_.shape.chunk_s.size();
    if (peer.evil == Evil::claimed || peer.evil == Evil::forged) {
        gather::Have have{std::vector<bool>(chunks)};
        for (int k = 0; k < static_cast<int>(chunks); ++k) have.parts[k] = ~gather::PieceSet{0};
        return have;
    }
    if (peer.evil != Evil::no) return {std::vector<bool>(chunks, true)};
    if (const auto* holding = peer.holding(number_, rendition)) return holding->have;
    return {std::vector<bool>(chunks)};
}

void CrowdClient::on_head(int number) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    const bool of_edge = flight.ask.from == Ask::From::edge;
    const auto edge = of_edge ? edge_of(flight.ask) : 0;
    if (of_edge && !crowd_.works(edge)) return fail(number, gather::Fault::broken);
    Flows::Start flow{0,
                      me().down,
                      of_edge ? rtt_of(edge) : 0,
                      static_cast<double>(now() - crowd_.stepped) / 1000,
                      flight.window_rate,
                      std::uint64_t{listener_} << 32 | static_cast<std::uint32_t>(number),
                      crowd_.settings.loss};
    if (of_edge) {
        flow.from = crowd_.edge_pipes[edge];
        flight.flow = crowd_.flows.start(flow);
        return;
    }
    auto& host = this->host(flight.ask.source);
    auto& peer = crowd_.listeners[host.peer];
    if (silent(host)) {
        if (flight.ask.what == Ask::What::poll) later(silence_s, Timer::stalled, number);
        return;
    }
    const auto have = holding_of(host, flight.ask.rendition);
    const auto known = [&] { return conductor_->peers()->at(flight.ask.source).revision; };
    const auto before = known();
    conductor_->have_said(number, have, now_s());
    flight.news = known() != before;
    if (flight.ask.what == Ask::What::poll) {
        if (!crowd_.settings.messages) {
            ++host.idle.connections;
            return on_answer(number);
        }
        crowd_.result.message_bytes += poll_answer_bytes;
        flight.length = poll_answer_bytes;
        flight.peer = host.peer;
        flow.from = peer.up;
        flow.rtt_s = host.rtt_s;
        flight.flow = crowd_.flows.start(flow);
        return;
    }
    if (flight.ask.what == Ask::What::part &&
        (peer.evil == Evil::missing || peer.evil == Evil::claimed || !gives(have, flight.ask)))
        return fail(number, gather::Fault::missing);
    if (peer.evil == Evil::busy ||
        peer.uploads >= gather::uploads_for(crowd_.result.members[host.peer].up))
        return fail(number, gather::Fault::busy);
    ++peer.uploads;
    flight.uploading = true;
    flight.peer = host.peer;
    flow.from = peer.up;
    flow.rtt_s = host.rtt_s;
    flight.flow = crowd_.flows.start(flow);
}

/// The bytes of a request with which its next piece is whole.
std::uint32_t CrowdClient::next_stop(Flight& flight) const {
    if (flight.next_stop > 0) return flight.next_stop;
    const auto& ask = flight.ask;
    const auto& starts =
        song_.starts[static_cast<std::size_t>(ask.rendition)][static_cast<std::size_t>(ask.chunk)];
    const auto next = static_cast<std::size_t>(flight.next_piece) + 1;
    const auto stop = std::min(next < starts.size() ? starts[next] : ask.stop, ask.stop);
    return flight.next_stop = stop - ask.begin;
}

/// The bytes from a peer that must arrive before the conductor learns of them: those that begin the
/// transfer, or complete a piece or all. It learns of others when it decides something. Most bytes
/// of a crowd are such. 0: all matter
std::uint32_t CrowdClient::unimportant(Flight& flight) const {
    const auto& ask = flight.ask;
    if (ask.from != Ask::From::peer || ask.what != Ask::What::part || flight.got == 0 ||
        flight.next_piece >= ask.end_piece)
        return 0;
    return std::min(next_stop(flight), flight.length) - flight.got;
}

/// The conductor will learn of them.
void CrowdClient::add_bytes(int number, Flight& flight, std::uint32_t bytes, Millis when) {
    if (flight.untold == 0) untold_.push_back(number);
    flight.untold += bytes;
    flight.untold_at = when;
}

/// The bytes that its flow has held back.
void CrowdClient::take_held(int number, Flight& flight) {
    if (!flight.quiet) return;
    const auto held = crowd_.flows.take_held(flight.flow, crowd_.handled);
    if (held.bytes == 0) return;
    flight.got += held.bytes;
    crowd_.result.members[flight.peer].given += held.bytes;
    add_bytes(number, flight, held.bytes, crowd_.end_of_step(held.step));
}

/// From now on it reports no bytes before so many have arrived; 0: it reports all.
void CrowdClient::be_quiet(Flight& flight, std::uint32_t bytes) {
    if (bytes > 0) crowd_.flows.quiet(flight.flow, bytes);
    if (std::exchange(flight.quiet, bytes > 0) == (bytes > 0)) return;
    if (bytes > 0)
        quiet_.push_back(&flight);
    else
        std::erase(quiet_, &flight);
}

void CrowdClient::tell_bytes() {
    for (auto* flight : quiet_) take_held(flight->ask.number, *flight);
    for (const int number : untold_) {
        const auto found = flights_.find(number);
        if (found == flights_.end() || found->second.untold == 0) continue;
        conductor_->received(number, std::exchange(found->second.untold, 0),
                             static_cast<double>(found->second.untold_at) / 1000);
    }
    untold_.clear();
}

void CrowdClient::came(int number, std::uint32_t bytes) {
    const auto found = flights_.find(number);
    if (found == flights_.end() || over_) return;
    auto& flight = found->second;
    take_held(number, flight);
    const auto matter = unimportant(flight);
    const auto n = std::min(bytes, flight.length - flight.got);
    flight.got += n;
    const bool of_chunk = flight.ask.what == Ask::What::part || flight.ask.what == Ask::What::first;
    if (flight.ask.from == Ask::From::edge) {
        if (of_chunk) crowd_.result.edge_bytes += n;
    } else {
        const auto& peer = crowd_.listeners[flight.peer];
        if (!peer.here) return fail(number, gather::Fault::broken);
        if (of_chunk) crowd_.result.members[flight.peer].given += n;
        if (peer.evil == Evil::half && flight.got >= flight.length / 2) {
            be_quiet(flight, 0);
            crowd_.flows.stop(std::exchange(flight.flow, -1));
            return;
        }
    }
    if (n < matter) {
        add_bytes(number, flight, n, now());
        if (!crowd_.awake(listener_) && conductor_->eager(now_s())) crowd_.wake(listener_);
        return;
    }
    tell_bytes();
    const auto [ask, got] = std::pair{flight.ask, flight.got};
    conductor_->received(number, n, now_s());
    carry_out();
    if (ask.what == Ask::What::part && ask.end_piece == 0) keep_pieces(ask, got);
    if (!take_pieces(number)) return;
    const auto still = flights_.find(number);
    if (still == flights_.end()) return;
    if (!crowd_.awake(listener_) && conductor_->eager(now_s())) crowd_.wake(listener_);
    auto& open = still->second;
    if (open.got < open.length) {
        // a fetch may decide something after any bytes
        const auto rest = listening_ ? unimportant(open) : 0;
        return be_quiet(open, crowd_.listeners[open.peer].evil == Evil::half ? 0 : rest);
    }
    const auto& done = open.ask;
    auto& idle = done.from == Ask::From::edge ? edge_idle(edge_of(done)) : host(done.source).idle;
    ++idle.connections;
    idle.since = now();
    be_quiet(open, 0);
    idle.window_rate = crowd_.flows.stop(std::exchange(open.flow, -1));
    on_answer(number);
}

/// Pieces that are whole by now. @return false: one is wrong, and the request has failed
bool CrowdClient::take_pieces(int number) {
    for (auto found = flights_.find(number); found != flights_.end();
         found = flights_.find(number)) {
        auto& flight = found->second;
        const auto& ask = flight.ask;
        if (flight.next_piece >= ask.end_piece) return true;
        const auto stop = next_stop(flight);
        if (stop > flight.got) return true;
        if (gives_wrong_bytes(ask)) {
            fail(number, gather::Fault::wrong);
            return false;
        }
        const auto& starts = song_.starts[static_cast<std::size_t>(ask.rendition)]
                                         [static_cast<std::size_t>(ask.chunk)];
        flight.right += ask.begin + stop - starts[static_cast<std::size_t>(flight.next_piece)];
        ++flight.next_piece;
        flight.next_stop = 0;
        keep_pieces(Ask{ask}, stop);
        conductor_->piece(number, now_s());
        carry_out();
    }
    return false;
}

/// All of it has come.
void CrowdClient::on_answer(int number) {
    tell_bytes();
    const auto ask = flights_.at(number).ask;
    const bool news = flights_.at(number).news;
    end(number);
    if (ask.what == Ask::What::manifest) {
        conductor_->found(number, found(), now_s());
    } else if (ask.what == Ask::What::index) {
        gather::Pieces pieces;
        for (const auto& chunk :
             song_.shape.renditions[static_cast<std::size_t>(ask.rendition)].chunks)
            pieces.push_back(chunk.pieces);
        conductor_->index_said(number, std::move(pieces), now_s());
    } else {
        conductor_->ended(number, now_s());
    }
    carry_out();
    // three in four polls tell nothing new, and the conductor waits only for the last one
    if (ask.what == Ask::What::poll && !news && conductor_->peers()->asking()) return;
    crowd_.wake(listener_);
}

void CrowdClient::fail(int number, gather::Fault fault) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    tell_bytes();
    const auto& ask = found->second.ask;
    // an answer without bytes leaves the connection as it was
    if (ask.from == Ask::From::peer &&
        (fault == gather::Fault::missing || fault == gather::Fault::busy))
        ++host(ask.source).idle.connections;
    end(number);
    conductor_->failed(number, {fault, gather::word(fault)}, now_s());
    carry_out();
    crowd_.wake(listener_);
}

void CrowdClient::end(int number) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    take_held(number, flight);
    if (listening_ && (flight.ask.what == Ask::What::part || flight.ask.what == Ask::What::first)) {
        const bool edge = flight.ask.from == Ask::From::edge;
        const auto right = edge ? flight.got : flight.right;
        outcome_.from[edge ? 2 : 1] += right;
        outcome_.wasted += flight.got - std::min<std::uint64_t>(right, flight.got);
    }
    be_quiet(flight, 0);
    if (flight.flow >= 0) crowd_.flows.stop(flight.flow);
    if (flight.uploading) --crowd_.listeners[host(flight.ask.source).peer].uploads;
    flights_.erase(found);
}

Holding& CrowdClient::holding(int rendition) {
    if (auto* known = me().holding(number_, rendition)) return *known;
    me().holdings.push_back({number_, rendition, {std::vector<bool>(song_.shape.chunk_s.size())}});
    return me().holdings.back();
}

void CrowdClient::keep(int rendition, int chunk) {
    auto& have = holding(rendition).have;
    have.parts.erase(chunk);
    have.chunks[static_cast<std::size_t>(chunk)] = true;
    crowd_.changed(listener_);
}

/// The pieces of a part that have arrived as a whole can be passed on.
void CrowdClient::keep_pieces(const Ask& ask, std::uint32_t got) {
    const auto& chunk = conductor_->shape()
                            .renditions[static_cast<std::size_t>(ask.rendition)]
                            .chunks[static_cast<std::size_t>(ask.chunk)];
    auto& have = holding(ask.rendition).have;
    if (chunk.pieces.empty() || have.has(ask.chunk)) return;
    gather::PieceSet set = 0;
    const auto begin = ask.makes_headers ? 0 : ask.begin;
    const auto n = std::min<std::size_t>(chunk.pieces.size(), gather::most_told_pieces);
    for (std::size_t i = 0; i < n; ++i) {
        const auto end = i + 1 < chunk.pieces.size() ? chunk.pieces[i + 1].offset : chunk.bytes;
        if (chunk.pieces[i].offset >= begin && end <= ask.begin + got)
            set |= gather::PieceSet{1} << i;
    }
    if (set != 0) have.parts[ask.chunk] |= set;
}

void CrowdClient::carry_out(const gather::Forget& forget) {
    holding(forget.rendition).have.parts.erase(forget.chunk);
}

// ---- time

play::Session::Heard CrowdClient::heard() const {
    play::Session::Heard h;
    if (!ears_) return h;
    h.position = h.settled = std::llround(ears_->playhead() * rate);
    h.heard_s = ears_->playhead();
    h.playing = ears_->playing();
    h.started = ears_->started();
    return h;
}

void CrowdClient::pump() {
    if (over_) return;
    if (ears_) {
        ears_->advance(at());
        if (ears_->playhead() >= until_s_ - 1e-3) return finish_play();
    }
    tell_bytes();
    conductor_->act(now_s(), heard());
    carry_out();
    if (!over_) sleep();
}

void CrowdClient::finish_play() {
    while (!flights_.empty()) end(flights_.begin()->first);
    outcome_.ended_s = now_s();
    outcome_.sound_s = ears_->sound_at();
    outcome_.heard_s = ears_->playhead();
    outcome_.stalls = ears_->stalls();
    outcome_.stalled_s = ears_->stalled_s();
    outcome_.bytes = outcome_.from[1] + outcome_.from[2];
    over_ = true;
}

/// Till there may be something to decide; a request's end wakes sooner.
void CrowdClient::sleep() {
    double wait = conductor_->due(now_s()) - now_s();
    if (ears_) {
        wait =
            std::min(wait, ears_->playing() ? std::max(0.001, until_s_ - ears_->playhead()) : 0.1);
    }
    if (wait > 1e6) return;
    const auto when = now() + std::max<Millis>(1, static_cast<Millis>(std::ceil(wait * 1000)));
    if (due_ > now() && due_ <= when) return;
    due_ = when;
    later(static_cast<double>(when - now()) / 1000, Timer::wake);
}

}  // namespace stretto::sim
