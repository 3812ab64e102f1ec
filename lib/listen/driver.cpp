#include "listen/driver.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "http/ask.hpp"
#include "http/range.hpp"
#include "http/token.hpp"
#include "peer/have.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

using gather::Ask;
using gather::Fault;

/// The number of bytes in the response before the requested range: 0, or `begin` if the server
/// sends the whole chunk. nullopt: the response does not match the request.
std::optional<std::uint64_t> skipped(const http::Response& head, const Ask& ask) {
    if (head.status == 200) return ask.begin;
    if (head.status != 206) return {};
    const auto* said = head.fields.find("Content-Range");
    const auto range = said ? http::parse_content_range(*said) : std::nullopt;
    if (!range || range->range.first != ask.begin || range->range.length != ask.stop - ask.begin)
        return {};
    return 0;
}

/// The fault of a source that sent an invalid response.
Fault fault_of(int status) {
    switch (status) {
        case 404:
        case 410:
            return Fault::missing;
        case 401:
        case 403:
        case 407:
            return Fault::denied;
        case 429:
        case 503:
            return Fault::busy;
        default:
            return Fault::broken;
    }
}

Fault fault_of(const http::Failure& failure) {
    switch (failure.kind) {
        case http::Failure::Kind::certificate:
            return Fault::untrusted;
        case http::Failure::Kind::too_long:
            return Fault::wrong;
        case http::Failure::Kind::silence:
        case http::Failure::Kind::timeout:
            return Fault::stalled;
        default:
            return Fault::broken;
    }
}

/// Limit of the chunk that is requested before the manifest tells its size: 60 s of 500 kbit/s.
constexpr std::size_t most_first_bytes = 4u << 20;

bool is_bytes_of_chunk(const Ask& ask) {
    return ask.what == Ask::What::part || ask.what == Ask::What::first ||
           ask.what == Ask::What::headers;
}

}  // namespace

struct Driver::Flight {
    Ask ask;
    std::unique_ptr<http::Fetch> fetch;
    Bytes data;              // of small responses, and of pieces that are not verified yet
    std::uint64_t skip = 0;  // bytes before the range, if the response is the whole chunk
    std::uint32_t got = 0;   // bytes of the range received
    int next_piece = 0;
    bool longer = false;   // the response continues after the requested range
    bool hit = false;      // the edge had it in its cache
    bool of_name = false;  // looks up a name, before the manifest
    bool of_tags = false;  // requests the manifest with the name's own tags, if there are any
};

Driver::Driver(Presence& presence, std::string song, bool old_names,
               std::unique_ptr<gather::Conductor> conductor, Calls calls)
    : presence_(presence),
      song_(std::move(song)),
      old_names_(old_names),
      conductor_(std::move(conductor)),
      calls_(std::move(calls)),
      timer_(presence.loop(), [this] { act(); }) {}

Driver::~Driver() {
    if (presence_.kept() && !id_.empty()) presence_.kept()->release(id_);
    if (!id_.empty()) presence_.unfinished().drop_song(id_);
}

// ---- song lookup

std::optional<song::Manifest> Driver::kept_manifest(const std::string& id) const {
    const auto json = presence_.kept()->read(id, "manifest.json", song::most_manifest_bytes);
    if (!json) return {};
    auto manifest = song::parse_manifest(as_text(*json));
    if (!manifest || manifest->id != id) return {};
    return std::move(*manifest);
}

void Driver::start() {
    std::optional<gather::Found> kept;
    if (auto* cache = presence_.kept()) {
        const auto id = song::is_id(song_) ? std::optional{song_} : cache->named(song_);
        auto manifest = id && song::is_id(*id) ? kept_manifest(*id) : std::nullopt;
        if (manifest && (song::is_id(song_) || old_names_)) {
            manifest_kept_ = true;
            kept = adopt(std::move(*manifest));
        }
    }
    conductor_->start(now(), std::move(kept));
    carry_out();
    act();
}

/// The manifest is verified: from now on, chunks can be requested.
std::optional<gather::Found> Driver::adopt(song::Manifest manifest) {
    if (song::is_id(song_) && manifest.id != song_) return {};
    if (conductor_->found()) {  // looked up during playback, for the next time
        if (presence_.kept() && !song::is_id(song_))
            presence_.kept()->keep_name(song_, manifest.id);
        return {};
    }
    manifest_ = std::move(manifest);
    id_ = manifest_.id;
    gather::Found found;
    found.rate = manifest_.rate;
    for (const auto& row : manifest_.renditions.front().chunks)
        found.shape.chunk_s.push_back(static_cast<double>(row.samples) / manifest_.rate);
    for (const auto& r : manifest_.renditions) {
        // our token is for no higher bitrate; the lowest is asked for whatever it says
        if (const int most = presence_.token().most_kbps();
            most > 0 && r.kbps > most && !found.shape.renditions.empty())
            break;
        auto& to = found.shape.renditions.emplace_back();
        to.kbps = r.kbps;
        to.header_bytes = static_cast<std::uint32_t>(r.header_bytes);
        for (const auto& row : r.chunks)
            to.chunks.push_back({static_cast<std::uint32_t>(row.bytes), {}});
    }
    if (auto* cache = presence_.kept()) {
        cache->use(id_);
        if (!song::is_id(song_)) cache->keep_name(song_, id_);
        const auto& known = cache->chunks(id_);
        found.kept.resize(found.shape.renditions.size());
        for (std::size_t r = 0; r < found.kept.size(); ++r)
            if (const auto here = known.find(manifest_.renditions[r].kbps); here != known.end())
                found.kept[r] = here->second;
    }
    calls_.found(manifest_);
    return found;
}

/// Save the name after the first sound, because a disk may be slow.
void Driver::keep_manifest() {
    if (!presence_.kept() || std::exchange(manifest_kept_, true)) return;
    const auto json = song::print_manifest(manifest_);
    const auto old = presence_.kept()->read(id_, "manifest.json", song::most_manifest_bytes);
    if (!old || as_text(*old) != json) presence_.kept()->keep(id_, "manifest.json", as_bytes(json));
}

// ---- executing orders

void Driver::act() {
    if (ended_) return;
    conductor_->act(now(), calls_.heard ? calls_.heard() : play::Session::Heard{});
    carry_out();
    if (ended_) return;
    const double wait = conductor_->due(now()) - now();
    if (wait < 1e6)
        timer_.once(
            std::chrono::milliseconds{static_cast<std::int64_t>(std::max(1.0, wait * 1000 + 0.5))});
}

void Driver::give_up(const gather::End& end) {
    conductor_->finish(end);
    carry_out();
}

void Driver::carry_out() {
    if (std::exchange(running_, true)) return;  // the running call executes them
    for (auto steps = conductor_->take(); !steps.empty(); steps = conductor_->take())
        for (const auto& step : steps)
            std::visit([this](const auto& what) { carry_out(what); }, step);
    running_ = false;
}

void Driver::carry_out(const Ask& ask) {
    if (ask.what == Ask::What::song) return ask_tracker_song(ask.number);
    if (ask.what == Ask::What::peers) return ask_tracker_peers(ask.number, ask.rendition);
    auto& flight = flights_[ask.number];
    flight.ask = ask;
    flight.next_piece = ask.first_piece;
    if (ask.what == Ask::What::first) first_number_ = ask.number;
    if (ask.from == Ask::From::cache) return read_kept(ask);
    if (ask.what == Ask::What::index && index_of_cache(ask)) return;
    if (ask.from == Ask::From::edge) {
        if (const auto* directory = presence_.directory(ask.source))
            return read_directory(ask, *directory);
        if (ask.what == Ask::What::manifest && presence_.plain(ask.source) && !song::is_id(song_))
            return resolve_name(ask);
    }
    fetch(ask);
}

void Driver::carry_out(const gather::Cancel& cancel) {
    if (cancel.number == first_number_) first_.clear();
    flights_.erase(cancel.number);
}

void Driver::carry_out(const gather::Begin& begin) {
    calls_.part(begin.part, begin.headers ? headers_.of(begin.part.rendition) : BytesView{});
}

void Driver::carry_out(const gather::Pass& pass) {
    const BytesView all{bytes_of({pass.rendition, pass.chunk})};
    const auto audio = calls_.bytes(all.subspan(pass.begin, pass.stop - pass.begin));
    if (audio) headers_.decoded(pass, all, header_bytes(pass.rendition));
    conductor_->decoded(pass, audio, now());
}

void Driver::carry_out(const gather::Check& check) {
    const Chunk key{check.rendition, check.chunk};
    from_network_.insert(check.chunk);
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(check.rendition)];
    const auto& row = rendition.chunks[static_cast<std::size_t>(check.chunk)];
    auto& bytes = bytes_of(key);
    const bool right =
        bytes.size() == static_cast<std::size_t>(row.bytes) && sha256(bytes) == row.sha256;
    if (!right) {
        headers_.forget(check.rendition);
        pass_on_no_more(key);
    }
    if (right) {
        keep_manifest();
        auto* cache = presence_.kept();
        const bool kept =
            cache && cache->keep(id_, song::chunk_path(rendition.kbps, check.chunk), bytes);
        if (kept) presence_.kept_more();
        pass_on_no_more(key);
        // a chunk that is delivered soon, or cannot be cached, stays in memory
        if (!calls_.deliver || (kept && chunks_.size() > 4)) chunks_.erase(key);
    } else {
        chunks_.erase(key);
    }
    conductor_->checked(check.rendition, check.chunk, right, now());
}

void Driver::carry_out(const gather::Forget& forget) {
    chunks_.erase({forget.rendition, forget.chunk});
    pass_on_no_more({forget.rendition, forget.chunk});
}

void Driver::carry_out(const gather::Deliver& deliver) {
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(deliver.rendition)];
    const auto& row = rendition.chunks[static_cast<std::size_t>(deliver.chunk)];
    if (deliver.chunk != next_) return;  // an earlier chunk is missing
    const auto here = chunks_.extract({deliver.rendition, deliver.chunk});
    std::optional<Bytes> bytes;
    if (!here.empty())
        bytes = here.mapped();
    else if (auto* cache = presence_.kept())
        bytes = cache->read(id_, song::chunk_path(rendition.kbps, deliver.chunk),
                            static_cast<std::size_t>(row.bytes), row.sha256);
    if (!bytes) return conductor_->lost(deliver.rendition, deliver.chunk, now());
    keep_manifest();
    if (here.empty() && calls_.came) {
        gather::Came came;
        came.ask.from = Ask::From::cache;
        came.ask.rendition = deliver.rendition;
        came.ask.chunk = deliver.chunk;
        came.bytes = came.right = bytes->size();
        came.asked = came.ended = now();
        came.whole = true;
        if (!from_network_.contains(deliver.chunk)) calls_.came(came, "cache", false);
    }
    ++next_;
    calls_.deliver(deliver.chunk, *bytes);
}

void Driver::carry_out(const gather::Tell& tell) {
    if (auto* tracker = presence_.tracker()) tracker->report(tell.report);
}

void Driver::carry_out(const gather::Came& came) {
    if (!calls_.came || !is_bytes_of_chunk(came.ask)) return;
    const bool hit = came.ask.from == Ask::From::edge && hits_.erase(came.ask.number) > 0;
    calls_.came(came, name_of(came.ask), hit);
}

void Driver::carry_out(const gather::Switched& switched) {
    if (calls_.switched) calls_.switched(kbps(switched.from), kbps(switched.to), switched.why);
}

void Driver::carry_out(const gather::Reject& reject) {
    if (calls_.reject) calls_.reject(name_of(reject.ask), reject.ask.chunk, reject.why);
}

void Driver::carry_out(const gather::End& end) {
    if (std::exchange(ended_, true)) return;
    timer_.stop();
    flights_.clear();
    auto why = end.why;
    if (end.status != 0 && why.find(text("'", song_, "'")) == std::string::npos)
        why = text("cannot get '", song_, "': ", why);
    if (end.status == 0 && calls_.deliver && presence_.kept()) presence_.kept()->complete(id_);
    presence_.loop().post(
        life_.guard([this, end = gather::End{end.status, std::move(why)}] { calls_.ended(end); }));
}

// ---- the tracker

void Driver::ask_tracker_song(int number) {
    presence_.tracker()->song(
        song_, !presence_.edges().empty(),
        life_.guard([this, number](std::optional<swarm::SongAnswer> answer, int status,
                                   const std::string& why) {
            if (ended_) return;
            if (!answer) {
                const auto hint = status == 0 ? presence_.nothing_configured(song_) : std::string{};
                const auto fault = !hint.empty() ? Fault::missing
                                   : status == 0 ? Fault::broken
                                                 : fault_of(status);
                conductor_->failed(number,
                                   {fault, !hint.empty() ? hint
                                           : fault == Fault::missing
                                               ? text("no source has '", song_, "'")
                                               : text("cannot ask the tracker ",
                                                      presence_.tracker()->url(), ": ", why)},
                                   now());
            } else {
                if (!answer->edges.empty()) presence_.set_edges(answer->edges);
                if (answer->peers_first) conductor_->spare_edges();
                std::optional<gather::Found> found;
                auto manifest = song::parse_manifest(answer->manifest);
                if (manifest && manifest->id == answer->song_id && !conductor_->found())
                    found = adopt(std::move(*manifest));
                conductor_->song_said(number, std::move(answer->peers), std::move(found),
                                      presence_.no_edge(), now());
                adopt_first();
            }
            carry_out();
            act();
        }));
}

void Driver::ask_tracker_peers(int number, int rendition) {
    presence_.tracker()->peers(
        id_, kbps(rendition), 16,
        life_.guard([this, number](std::optional<std::vector<swarm::PeerInfo>> peers) {
            if (ended_) return;
            if (presence_.kept() && peers)
                presence_.kept()->others(id_, static_cast<int>(peers->size()));
            if (peers)
                conductor_->peers_said(number, *peers, now());
            else
                conductor_->failed(number, {Fault::broken, "no answer"}, now());
            carry_out();
        }));
}

// ---- cached and received bytes

void Driver::read_kept(const Ask& ask) {
    // on a later turn, because decoding takes a while and sound can be written first
    presence_.loop().post(life_.guard([this, number = ask.number] {
        const auto found = flights_.find(number);
        if (found == flights_.end()) return;
        const auto ask = found->second.ask;
        const auto& rendition = manifest_.renditions[static_cast<std::size_t>(ask.rendition)];
        const auto& row = rendition.chunks[static_cast<std::size_t>(ask.chunk)];
        auto bytes = presence_.kept()->read(id_, song::chunk_path(rendition.kbps, ask.chunk),
                                            static_cast<std::size_t>(row.bytes), row.sha256);
        if (!bytes || bytes->size() != static_cast<std::size_t>(row.bytes))
            return fail(number, Fault::missing, "it is kept no more");
        const auto headers = static_cast<std::size_t>(rendition.header_bytes);
        headers_.know(ask.rendition, BytesView{*bytes}.first(headers));
        chunks_[{ask.rendition, ask.chunk}] = std::move(*bytes);
        conductor_->received(number, ask.stop - ask.begin, now());
        carry_out();
        flights_.erase(number);
        conductor_->ended(number, now());
        carry_out();
        chunks_.erase({ask.rendition, ask.chunk});
        act();
    }));
}

bool Driver::index_of_cache(const Ask& ask) {
    if (!presence_.kept()) return false;
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(ask.rendition)];
    auto bytes = presence_.kept()->read(id_, song::index_path(rendition.kbps),
                                        song::most_index_bytes, rendition.index_sha256);
    if (!bytes) return false;
    presence_.loop().post(life_.guard([this, number = ask.number, bytes = std::move(*bytes)] {
        if (flights_.contains(number)) take_index(number, bytes, true);
    }));
    return true;
}

void Driver::read_directory(const Ask& ask, const Directory& directory) {
    presence_.loop().post(life_.guard([this, number = ask.number, &directory] {
        const auto found = flights_.find(number);
        if (found == flights_.end()) return;
        const auto ask = found->second.ask;
        std::optional<Bytes> bytes;
        const auto path = path_of(ask);
        try {
            if (ask.what != Ask::What::first)
                bytes = directory.read(id_.empty() ? song_ : id_, path,
                                       std::max(most_of(ask), std::size_t{ask.whole}));
        } catch (const Error& error) {
            return fail(number, Fault::broken, error.what());
        }
        if (!bytes)
            return fail(
                number, Fault::missing,
                text("no '", id_.empty() ? song_ : path, "' in '", directory.root().string(), "'"));
        BytesView view{*bytes};
        if (is_bytes_of_chunk(ask)) {
            if (bytes->size() < ask.stop)
                return fail(number, Fault::wrong, text("'", path, "' is too short"));
            view = view.subspan(ask.begin, ask.stop - ask.begin);
        }
        on_data(number, view);
        if (flights_.contains(number)) whole(number);
    }));
}

// ---- requests

std::string Driver::path_of(const Ask& ask) const {
    switch (ask.what) {
        case Ask::What::manifest:
            return "manifest.json";
        case Ask::What::first:
            return "chunk_0.ogg";
        case Ask::What::index:
        case Ask::What::poll:
            return song::index_path(kbps(ask.rendition));
        default:
            return song::chunk_path(kbps(ask.rendition), ask.chunk);
    }
}

std::size_t Driver::most_of(const Ask& ask) const {
    switch (ask.what) {
        case Ask::What::manifest:
            return song::most_manifest_bytes;
        case Ask::What::index:
            return song::most_index_bytes;
        case Ask::What::poll:
            return 0;
        case Ask::What::first:
            return most_first_bytes;
        default:
            return song::most_chunk_bytes;
    }
}

/// The name of the source, for messages and events.
std::string Driver::name_of(const Ask& ask) const {
    switch (ask.from) {
        case Ask::From::edge:
            return presence_.edges().at(ask.source).name;
        case Ask::From::peer:
            return conductor_->peers()->at(ask.source).info.peer_id;
        case Ask::From::tracker:
            return "tracker";
        case Ask::From::cache:
            break;
    }
    return "cache";
}

std::string Driver::subject(const Ask& ask, const std::string& why) const {
    return text("cannot get '", song_, "' from ", name_of(ask), ": ", why);
}

void Driver::fetch(const Ask& ask) {
    http::Request request;
    request.method = ask.what == Ask::What::poll ? "HEAD" : "GET";
    const bool of_tags = flights_.at(ask.number).of_tags;
    request.target = "/songs/" + (id_.empty() ? song_ : id_) + "/" +
                     (of_tags ? song::tags_path(song_) : path_of(ask));
    http::Upstream* upstream = nullptr;
    if (ask.from == Ask::From::edge) {
        upstream = &presence_.upstream(ask.source);
        if (calls_.fields && is_bytes_of_chunk(ask)) request.fields = calls_.fields(ask);
        http::authorize(request, presence_.token().token());
    } else {
        auto& peer = peers_[ask.source];
        if (!peer) peer = presence_.peer(conductor_->peers()->at(ask.source).info.url);
        upstream = peer.get();
        // never our token: what a peer gets to see must be of no use to it
        if (auto* tracker = presence_.tracker()) http::authorize(request, tracker->pass(id_));
    }
    if (ask.what == Ask::What::first)
        request.fields.add("X-User-Bitrate", std::to_string(ask.kbps));
    else if (is_bytes_of_chunk(ask) && (ask.begin > 0 || ask.stop < ask.whole))
        request.fields.add("Range", text("bytes=", ask.begin, "-", ask.stop - 1));
    if (ask.fresh) request.fields.add("Cache-Control", "no-cache");
    http::FetchCalls calls;
    const int number = ask.number;
    calls.head =
        life_.guard([this, number](http::Response&& head) { on_head(number, std::move(head)); });
    calls.data = life_.guard([this, number](BytesView bytes) { return on_data(number, bytes); });
    calls.end =
        life_.guard([this, number](const http::Failure* failure) { on_end(number, failure); });
    calls.most = most_of(ask);
    flights_.at(number).fetch = upstream->fetch(request, {}, std::move(calls));
}

/// From a plain web server: look up the name, then request the manifest.
void Driver::resolve_name(const Ask& ask) {
    auto& flight = flights_.at(ask.number);
    flight.of_name = true;
    http::Request request;
    request.method = "GET";
    request.target = "/names/" + song_;
    http::authorize(request, presence_.token().token());
    http::FetchCalls calls;
    const int number = ask.number;
    calls.head =
        life_.guard([this, number](http::Response&& head) { on_head(number, std::move(head)); });
    calls.data = life_.guard([this, number](BytesView bytes) { return on_data(number, bytes); });
    calls.end =
        life_.guard([this, number](const http::Failure* failure) { on_end(number, failure); });
    calls.most = 64;
    flight.fetch = presence_.upstream(ask.source).fetch(request, {}, std::move(calls));
}

void Driver::on_head(int number, const http::Response& head) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    const auto& ask = flight.ask;
    if (const auto* cache = head.fields.find("X-Cache")) flight.hit = *cache == "HIT";
    if (flight.hit && ask.from == Ask::From::edge && is_bytes_of_chunk(ask)) hits_.insert(number);
    if (ask.from == Ask::From::peer) {
        const auto chunks = manifest_.renditions.front().chunks.size();
        const auto said = head.fields.joined("Stretto-Have");
        const auto more = head.fields.joined("Stretto-Parts");
        const auto have = peer::parse_have(said.value_or(""), chunks);
        const auto parts = peer::parse_parts(more.value_or(""), chunks);
        if ((said || more) && have && parts) conductor_->have_said(number, {*have, *parts}, now());
    }
    bool good = head.status == 200;
    if (ask.what == Ask::What::part || ask.what == Ask::What::headers) {
        const auto skip = skipped(head, ask);
        good = skip && (head.status == 200 || ask.begin > 0 || ask.stop < ask.whole);
        flight.skip = skip.value_or(0);
        flight.longer = head.status == 200 && ask.stop < ask.whole;
    }
    if (!good && ask.what == Ask::What::poll) good = head.status < 500;
    if (!good && fault_of(head.status) == Fault::missing && std::exchange(flight.of_tags, false))
        return fetch(ask);
    if (!good && ask.what == Ask::What::manifest && fault_of(head.status) == Fault::missing)
        return fail(number, Fault::missing, text("'", song_, "' is not at ", name_of(ask)));
    if (!good)
        return fail(
            number, fault_of(head.status),
            subject(ask, text("the server says ", head.status, " ", http::reason(head.status))));
    // a login during the lookup is unlikely; a song that plays may continue after a login
    if (ask.from == Ask::From::edge && http::is_captive_portal(head.status, head.fields))
        return fail(number, ask.what == Ask::What::manifest ? Fault::untrusted : Fault::broken,
                    subject(ask, http::portal_why));
    if (ask.what == Ask::What::first) {
        const auto* said = head.fields.find("X-Bitrate");
        conductor_->began(number, said ? std::atoi(said->c_str()) : 0, now());
    }
    carry_out();
}

bool Driver::on_data(int number, BytesView bytes) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return false;
    auto& flight = found->second;
    const auto& ask = flight.ask;
    const auto skip = std::min<std::uint64_t>(flight.skip, bytes.size());
    flight.skip -= skip;
    bytes = bytes.subspan(skip);
    if (!is_bytes_of_chunk(ask)) {
        append(flight.data, bytes);
        return true;
    }
    if (ask.stop > 0) {
        const std::size_t length = ask.stop - ask.begin;
        const std::size_t room = length - std::min<std::size_t>(length, flight.got);
        if (bytes.size() > room && !flight.longer) {
            fail(number, Fault::wrong, subject(ask, "the response is longer than the request"));
            return false;
        }
        bytes = bytes.first(std::min(room, bytes.size()));
    }
    take(flight, bytes);
    const auto still = flights_.find(number);
    if (still == flights_.end()) return false;
    // the end of the message follows, and then the connection can be reused; but not if the
    // response continues after the requested range
    if (still->second.longer && still->second.got == ask.stop - ask.begin) {
        whole(number);
        return false;
    }
    if (conductor_->eager(now())) act();
    return flights_.contains(number);
}

/// Bytes of a chunk.
void Driver::take(Flight& flight, BytesView bytes) {
    if (bytes.empty()) return;
    const auto ask = flight.ask;
    const int number = ask.number;
    flight.got += static_cast<std::uint32_t>(bytes.size());
    if (ask.what == Ask::What::headers) {
        append(flight.data, bytes);
    } else if (ask.what == Ask::What::first && ask.stop == 0) {
        append(first_, bytes);
    } else if (ask.end_piece > ask.first_piece) {
        append(flight.data, bytes);
    } else {
        auto& chunk = bytes_of({ask.rendition, ask.chunk});
        const auto end = ask.begin + flight.got;
        if (chunk.size() < end) chunk.resize(end);
        std::ranges::copy(bytes, chunk.begin() + static_cast<std::ptrdiff_t>(end - bytes.size()));
        headers_.make(ask, flight.got, bytes.size(), chunk);
        pass_on_pieces(ask, end - static_cast<std::uint32_t>(bytes.size()), end);
    }
    conductor_->received(number, static_cast<std::uint32_t>(bytes.size()), now());
    carry_out();
    take_pieces(number);
}

/// Verify the pieces that are complete.
void Driver::take_pieces(int number) {
    for (auto found = flights_.find(number); found != flights_.end();
         found = flights_.find(number)) {
        auto& flight = found->second;
        const auto& ask = flight.ask;
        if (flight.next_piece >= ask.end_piece) return;
        const auto& pieces = index_.at(ask.rendition)[static_cast<std::size_t>(ask.chunk)];
        const auto at = static_cast<std::size_t>(flight.next_piece);
        const auto begin = pieces[at].offset;
        const auto end =
            std::min(at + 1 < pieces.size() ? pieces[at + 1].offset : ask.whole, ask.stop);
        if (end - ask.begin > flight.data.size()) return;
        const auto piece = BytesView{flight.data}.subspan(begin - ask.begin, end - begin);
        if (song::piece_hash(piece) != pieces[at].hash)
            return fail(number, Fault::wrong, subject(ask, "its bytes do not match their hash"));
        auto& chunk = bytes_of({ask.rendition, ask.chunk});
        if (chunk.size() < end) chunk.resize(end);
        std::ranges::copy(piece, chunk.begin() + begin);
        // at the end of a request for less than the whole chunk, a piece may be cut off
        if (end == (at + 1 < pieces.size() ? pieces[at + 1].offset : ask.whole))
            pass_on({ask.rendition, ask.chunk}, flight.next_piece, begin, piece);
        ++flight.next_piece;
        conductor_->piece(number, now());
        carry_out();
    }
}

/// A verified piece of a chunk that is not complete yet.
void Driver::pass_on(Chunk chunk, int piece, std::uint32_t begin, BytesView bytes) {
    if (!presence_.shares()) return;
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(chunk.first)];
    const auto& row = rendition.chunks[static_cast<std::size_t>(chunk.second)];
    presence_.unfinished().add({id_, rendition.kbps, chunk.second}, piece, begin, bytes,
                               static_cast<std::uint32_t>(row.bytes));
}

/// Bytes [from, to) have arrived from an edge in one request, after those from ask.begin on. Pieces
/// that they complete are verified here, because only the whole chunk is verified later.
void Driver::pass_on_pieces(const Ask& ask, std::uint32_t from, std::uint32_t to) {
    const auto index = index_.find(ask.rendition);
    if (!presence_.shares() || ask.what != Ask::What::part || ask.from != Ask::From::edge ||
        index == index_.end())
        return;
    const auto& pieces = index->second[static_cast<std::size_t>(ask.chunk)];
    const BytesView chunk{chunks_.at({ask.rendition, ask.chunk})};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const auto begin = pieces[i].offset;
        const auto end = i + 1 < pieces.size() ? pieces[i + 1].offset : ask.whole;
        const bool here = begin >= ask.begin || (ask.makes_headers && begin == 0);
        if (!here || end <= from || end > to) continue;
        const auto piece = chunk.subspan(begin, end - begin);
        if (song::piece_hash(piece) == pieces[i].hash)
            pass_on({ask.rendition, ask.chunk}, static_cast<int>(i), begin, piece);
    }
}

void Driver::pass_on_no_more(Chunk chunk) {
    presence_.unfinished().drop({id_, kbps(chunk.first), chunk.second});
}

void Driver::on_end(int number, const http::Failure* failure) {
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    if (failure) return fail(number, fault_of(*failure), subject(found->second.ask, failure->why));
    whole(number);
}

/// The response is complete.
void Driver::whole(int number) {
    auto& flight = flights_.at(number);
    const auto ask = flight.ask;
    if (flight.of_name) {
        std::string id{as_text(flight.data)};
        while (id.ends_with('\n') || id.ends_with('\r')) id.pop_back();
        if (!song::is_id(id))
            return fail(number, Fault::wrong,
                        text("the name '", song_, "' does not resolve to a song's id"));
        flight.of_name = false;
        flight.of_tags = true;
        flight.data.clear();
        id_ = id;
        return fetch(ask);
    }
    if (ask.what == Ask::What::manifest) return take_manifest(number, Bytes{flight.data});
    if (ask.what == Ask::What::index) return take_index(number, Bytes{flight.data}, false);
    if (ask.what == Ask::What::headers) headers_.know(ask.rendition, flight.data);
    flights_.erase(number);
    conductor_->ended(number, now());
    carry_out();
    act();
}

void Driver::take_manifest(int number, BytesView json) {
    const auto ask = flights_.at(number).ask;
    auto manifest = song::parse_manifest(as_text(json));
    if (!manifest) return fail(number, Fault::wrong, subject(ask, manifest.error().why));
    if (song::is_id(song_) && manifest->id != song_)
        return fail(number, Fault::wrong, subject(ask, "its manifest is another song's"));
    if (flights_.at(number).of_tags && manifest->id != id_)
        return fail(number, Fault::wrong, subject(ask, "the name's tags are another song's"));
    flights_.erase(number);
    if (auto found = adopt(std::move(*manifest))) {
        conductor_->found(number, std::move(*found), now());
        adopt_first();
    } else {
        conductor_->found(number, {}, now());
    }
    carry_out();
    act();
}

/// The conductor now knows the rendition of the first chunk, or has dropped the chunk.
void Driver::adopt_first() {
    const auto* ask = conductor_->asked(first_number_);
    if (!ask || ask->stop == 0) return;
    if (const auto flight = flights_.find(first_number_); flight != flights_.end())
        flight->second.ask = *ask;
}

void Driver::take_index(int number, BytesView bytes, bool kept) {
    const auto ask = flights_.at(number).ask;
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(ask.rendition)];
    auto index = song::parse_index(bytes);
    const bool fits = index && sha256(bytes) == rendition.index_sha256 &&
                      index->size() == rendition.chunks.size();
    bool right = fits;
    for (std::size_t k = 0; right && k < index->size(); ++k)
        right = !(*index)[k].empty() &&
                (*index)[k].back().offset < static_cast<std::uint32_t>(rendition.chunks[k].bytes);
    if (!right) return fail(number, Fault::wrong, subject(ask, "its index does not match the id"));
    gather::Pieces pieces;
    for (const auto& chunk : *index) {
        auto& to = pieces.emplace_back();
        for (const auto& piece : chunk)
            to.push_back({piece.offset, static_cast<double>(piece.first_sample) / manifest_.rate});
    }
    if (auto* cache = presence_.kept(); cache && !kept)
        cache->keep(id_, song::index_path(rendition.kbps), bytes);
    index_[ask.rendition] = std::move(*index);
    flights_.erase(number);
    conductor_->index_said(number, std::move(pieces), now());
    carry_out();
    act();
}

void Driver::fail(int number, Fault fault, std::string why) {
    if (number == first_number_) first_.clear();
    flights_.erase(number);
    conductor_->failed(number, {fault, std::move(why)}, now());
    carry_out();
    act();
}

Bytes& Driver::bytes_of(Chunk chunk) {
    auto& bytes = chunks_[chunk];
    if (chunk.second == 0 && bytes.empty()) bytes = std::exchange(first_, {});
    return bytes;
}

}  // namespace stretto::listen
