#include "web/driver.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "peer/have.hpp"
#include "song/path.hpp"

namespace stretto::web {
namespace {

using gather::Ask;
using gather::Fault;

// as for listen/driver
constexpr std::size_t most_first_bytes = 4u << 20;
constexpr double most_silence_s = 10;

const std::string* find(const Fields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
    return found == fields.end() ? nullptr : &found->second;
}

/// "bytes FIRST-LAST/SIZE" with these numbers.
bool is_range(std::string_view value, std::uint32_t first, std::uint32_t stop) {
    return value.starts_with(text("bytes ", first, "-", stop - 1, "/"));
}

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

bool is_bytes_of_chunk(const Ask& ask) {
    return ask.what == Ask::What::part || ask.what == Ask::What::first ||
           ask.what == Ask::What::headers;
}

}  // namespace

Driver::Driver(Page& page, Mesh& mesh, const gather::Edges& edges, std::string id,
               std::unique_ptr<gather::Listening> rules, Calls calls)
    : page_(page),
      mesh_(mesh),
      edges_(edges),
      id_(std::move(id)),
      rules_(std::move(rules)),
      calls_(std::move(calls)) {}

Driver::~Driver() {
    for (const auto& [number, flight] : flights_) cancel(number);
}

void Driver::cancel(int number) {
    const auto& flight = flights_.at(number);
    if (flight.kept) return;
    if (flight.ask.from == Ask::From::peer)
        mesh_.cancel(number);
    else
        page_.browser.cancel(number);
}

// ---- what the song is

void Driver::start(double from_s) {
    from_s_ = from_s;
    if (page_.keeps && page_.shelf.has(id_, std::string{song::manifest_file})) {
        kept_manifest_ = page_.numbers++;
        flights_[kept_manifest_].kept = true;
        return page_.browser.read(kept_manifest_, song::song_path(id_, song::manifest_file), true);
    }
    rules_->start(page_.now, {});
    carry_out();
    act(true);
}

std::optional<gather::Found> Driver::adopt(song::Manifest manifest) {
    if (manifest.id != id_ || rules_->found()) return {};
    manifest_ = std::move(manifest);
    gather::Found found;
    found.rate = manifest_.rate;
    for (const auto& row : manifest_.renditions.front().chunks)
        found.shape.chunk_s.push_back(static_cast<double>(row.samples) / manifest_.rate);
    for (const auto& r : manifest_.renditions) {
        // as listen/driver: our token is for no higher bitrate
        if (page_.most_kbps > 0 && r.kbps > page_.most_kbps && !found.shape.renditions.empty())
            break;
        auto& to = found.shape.renditions.emplace_back();
        to.kbps = r.kbps;
        to.header_bytes = static_cast<std::uint32_t>(r.header_bytes);
        auto& kept = found.kept.emplace_back();
        for (const auto& row : r.chunks) {
            const auto k = static_cast<std::int64_t>(to.chunks.size());
            to.chunks.push_back({static_cast<std::uint32_t>(row.bytes), {}});
            kept.push_back(page_.keeps && page_.shelf.has(id_, song::chunk_path(r.kbps, k)));
        }
    }
    page_.shelf.use(id_, page_.utc_ms);
    calls_.found(manifest_);
    return found;
}

/// Before anything is asked of what lies before.
void Driver::go_to_begin() {
    if (from_s_ > 0 && rules_->found())
        rules_->seek(std::min(std::llround(from_s_ * manifest_.rate),
                              static_cast<long long>(manifest_.samples) - 1));
}

void Driver::keep(const std::string& path, BytesView bytes) {
    if (!page_.keeps) return;
    const auto gone = page_.shelf.keep(id_, path, bytes.size(), page_.utc_ms);
    if (!gone) return;
    for (const auto& file : *gone) page_.browser.drop(file);
    page_.browser.keep(song::song_path(id_, path), bytes);
}

/// Not before there is a chunk of it.
void Driver::keep_manifest() {
    if (json_.empty()) return;
    const auto json = std::exchange(json_, {});
    keep(std::string{song::manifest_file}, json);
}

// ---- steps

void Driver::act(bool at_once) {
    if (ended_ || kept_manifest_ >= 0 || (!at_once && page_.now < due_)) return;
    if (!at_once) drop_silent();
    if (ended_) return;
    rules_->act(page_.now, calls_.heard());
    carry_out();
    if (!ended_) due_ = rules_->due(page_.now);
}

void Driver::seek(std::int64_t sample) {
    rules_->seek(sample);
    carry_out();
    act(true);
}

void Driver::carry_out() {
    if (std::exchange(running_, true)) return;  // by the one that runs
    for (auto steps = rules_->take(); !steps.empty(); steps = rules_->take())
        for (const auto& step : steps)
            std::visit([this](const auto& what) { carry_out(what); }, step);
    running_ = false;
}

void Driver::carry_out(const Ask& ask) {
    if (ask.from == Ask::From::tracker) return ask_tracker(ask);
    const int number = page_.numbers++;
    numbers_[ask.number] = number;
    auto& flight = flights_[number];
    flight.ask = ask;
    flight.of_rules = ask.number;
    flight.last = page_.now;
    flight.next_piece = ask.first_piece;
    if (ask.from == Ask::From::peer) return ask_peer(number);
    if (ask.what == Ask::What::first) first_number_ = ask.number;
    const auto path = path_of(ask);
    flight.kept = ask.from == Ask::From::cache ||
                  (ask.what == Ask::What::index && page_.keeps && page_.shelf.has(id_, path));
    if (flight.kept)
        page_.browser.read(number, song::song_path(id_, path), true);
    else
        fetch(number);
}

void Driver::carry_out(const gather::Cancel& cancel) {
    if (cancel.number == first_number_) first_.clear();
    const auto found = numbers_.find(cancel.number);
    if (found == numbers_.end()) return;
    const auto number = found->second;
    this->cancel(number);
    close(number);
}

void Driver::carry_out(const gather::Begin& begin) {
    calls_.part(begin.part, begin.headers ? headers_.of(begin.part.rendition) : BytesView{});
}

void Driver::carry_out(const gather::Pass& pass) {
    const BytesView all{bytes_of({pass.rendition, pass.chunk})};
    const auto audio = calls_.bytes(all.subspan(pass.begin, pass.stop - pass.begin));
    if (audio) headers_.decoded(pass, all, header_bytes(pass.rendition));
    rules_->decoded(pass, audio, page_.now);
}

void Driver::carry_out(const gather::Check& check) {
    const Chunk key{check.rendition, check.chunk};
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(check.rendition)];
    const auto& row = rendition.chunks[static_cast<std::size_t>(check.chunk)];
    const auto& bytes = bytes_of(key);
    const bool right =
        bytes.size() == static_cast<std::size_t>(row.bytes) && sha256(bytes) == row.sha256;
    if (right) {
        keep_manifest();
        keep(song::chunk_path(rendition.kbps, check.chunk), bytes);
    } else {
        headers_.forget(check.rendition);
    }
    chunks_.erase(key);
    rules_->checked(check.rendition, check.chunk, right, page_.now);
}

void Driver::carry_out(const gather::Forget& forget) {
    chunks_.erase({forget.rendition, forget.chunk});
}

void Driver::carry_out(const gather::Came& came) {
    if (!is_bytes_of_chunk(came.ask) || manifest_.rate == 0) return;
    calls_.came(came, hits_.erase(came.ask.number) > 0);
}

void Driver::carry_out(const gather::Switched& switched) {
    calls_.switched(kbps(switched.from), kbps(switched.to), switched.why);
}

void Driver::carry_out(const gather::Reject& reject) {
    calls_.reject(reject.ask, reject.why);
    if (reject.ask.from == Ask::From::peer) mesh_.ban(peer_of(reject.ask));
}

void Driver::carry_out(const gather::End& end) {
    if (std::exchange(ended_, true)) return;
    calls_.ended(end);
}

// ---- requests

std::string Driver::path_of(const Ask& ask) const {
    switch (ask.what) {
        case Ask::What::manifest:
            return std::string{song::manifest_file};
        case Ask::What::first:
            return "chunk_0.ogg";
        case Ask::What::index:
        case Ask::What::poll:
            return song::index_path(kbps(ask.rendition));
        default:
            return song::chunk_path(kbps(ask.rendition), ask.chunk);
    }
}

std::string Driver::why_of(int status) const {
    if (status == 404) return "this song is not there";
    if (status == 401)
        return page_.token.empty() ? "this song needs an access token"
                                   : "the access token is not valid, or no longer";
    if (status == 403 && !page_.token.empty()) return "the access token is not for this song";
    return text("the server answers with status ", status);
}

void Driver::fetch(int number) {
    const auto& ask = flights_.at(number).ask;
    const auto& edge = edges_.at(ask.source).url;
    Fields fields;
    // another server is asked about each field that is not a simple one, which takes a round trip
    if (is_bytes_of_chunk(ask) && edge.empty()) fields = calls_.fields(ask);
    if (ask.what == Ask::What::first)
        fields.emplace_back("X-User-Bitrate", std::to_string(ask.kbps));
    else if (is_bytes_of_chunk(ask) && (ask.begin > 0 || ask.stop < ask.whole))
        fields.emplace_back("Range", text("bytes=", ask.begin, "-", ask.stop - 1));
    if (!page_.token.empty()) fields.emplace_back("Authorization", "Bearer " + page_.token);
    // the browser's own cache is left out (worker.js), for which it would say no-cache itself
    if (ask.fresh || edge.empty())
        fields.emplace_back("Cache-Control", ask.fresh ? "no-cache" : "max-age=31536000");
    page_.browser.fetch(number, edge + "/" + song::song_path(id_, path_of(ask)), fields);
}

/// Who else has the song. The manifest comes from the server of the page.
void Driver::ask_tracker(const Ask& ask) {
    const bool of_song = ask.what == Ask::What::song;
    mesh_.peers(
        id_, of_song ? 0 : kbps(ask.rendition),
        [this, of_song, number = ask.number,
         there = std::weak_ptr{there_}](std::optional<std::vector<swarm::PeerInfo>> peers) {
            if (there.expired()) return;
            if (!peers)
                rules_->failed(number, {Fault::broken, "the tracker does not answer"}, page_.now);
            else if (of_song)
                rules_->song_said(number, std::move(*peers), {}, "", page_.now);
            else
                rules_->peers_said(number, *peers, page_.now);
            carry_out();
            act(true);
        });
}

void Driver::ask_peer(int number) {
    const auto& ask = flights_.at(number).ask;
    http::Request request;
    request.method = ask.what == Ask::What::poll ? "HEAD" : "GET";
    request.target = "/" + song::song_path(id_, path_of(ask));
    const bool in_part = ask.begin > 0 || ask.stop < ask.whole;
    if (in_part) request.fields.add("Range", text("bytes=", ask.begin, "-", ask.stop - 1));
    mesh_.ask(number, peer_of(ask), request, ask.stop - ask.begin);
}

void Driver::close(int number) {
    numbers_.erase(flights_.at(number).of_rules);
    flights_.erase(number);
}

void Driver::fail(int number, Fault fault, std::string why) {
    const auto flight = flights_.find(number);
    const int of_rules = flight->second.of_rules;
    if (of_rules == first_number_) first_.clear();
    cancel(number);
    close(number);
    rules_->failed(of_rules, {fault, std::move(why)}, page_.now);
    carry_out();
    act(true);
}

void Driver::failed(int number) { fail(number, Fault::broken, "the server does not answer"); }

/// Connections that are dead. What is slow is the rules' business.
void Driver::drop_silent() {
    for (auto flight = flights_.begin(); flight != flights_.end();) {
        const int number = flight->first;
        const bool silent = page_.now - flight->second.last > most_silence_s;
        ++flight;
        if (!silent) continue;
        fail(number, Fault::stalled, "the server does not answer");
        flight = flights_.upper_bound(number);
    }
}

void Driver::head(int number, int status, const Fields& fields) {
    auto& flight = flights_.at(number);
    flight.last = page_.now;
    const auto& ask = flight.ask;
    if (const auto* cache = find(fields, "x-cache")) flight.hit = *cache == "HIT";
    if (flight.hit && is_bytes_of_chunk(ask)) hits_.insert(flight.of_rules);
    if (ask.from == Ask::From::peer)
        if (const auto* said = find(fields, "stretto-have"))
            if (const auto have =
                    peer::parse_have(*said, manifest_.renditions.front().chunks.size()))
                rules_->have_said(flight.of_rules, {*have}, page_.now);
    bool good = status == 200 || (ask.what == Ask::What::poll && status < 500);
    if (ask.what == Ask::What::part || ask.what == Ask::What::headers) {
        const auto* range = find(fields, "content-range");
        const bool asks_part = ask.begin > 0 || ask.stop < ask.whole;
        flight.longer = status == 200 && ask.stop < ask.whole;
        flight.skip = status == 200 ? ask.begin : 0;
        good =
            good || (status == 206 && asks_part && range && is_range(*range, ask.begin, ask.stop));
    }
    if (!good) return fail(number, fault_of(status), why_of(status));
    if (ask.what == Ask::What::first) {
        const auto* said = find(fields, "x-bitrate");
        int rate = 0;
        if (said) std::from_chars(said->data(), said->data() + said->size(), rate);
        rules_->began(flight.of_rules, rate, page_.now);
    }
    carry_out();
}

void Driver::data(int number, BytesView bytes) {
    auto& flight = flights_.at(number);
    flight.last = page_.now;
    const auto ask = flight.ask;
    const int of_rules = flight.of_rules;
    const auto skip = std::min<std::uint64_t>(flight.skip, bytes.size());
    flight.skip -= skip;
    bytes = bytes.subspan(skip);
    const auto most = ask.what == Ask::What::manifest ? song::most_manifest_bytes
                      : ask.what == Ask::What::index  ? song::most_index_bytes
                                                      : most_first_bytes;
    if (!is_bytes_of_chunk(ask)) {
        if (flight.data.size() + bytes.size() > most)
            return fail(number, Fault::wrong, "the answer is too long");
        append(flight.data, bytes);
        return;
    }
    if (ask.stop > 0) {
        const std::size_t room = ask.stop - ask.begin - flight.got;
        if (bytes.size() > room && !flight.longer)
            return fail(number, Fault::wrong, "the answer is longer than the request");
        bytes = bytes.first(std::min(room, bytes.size()));
    }
    flight.got += static_cast<std::uint32_t>(bytes.size());
    if (ask.what == Ask::What::headers) {
        append(flight.data, bytes);
    } else if (ask.what == Ask::What::first && ask.stop == 0) {
        if (first_.size() + bytes.size() > most)
            return fail(number, Fault::wrong, "the answer is too long");
        append(first_, bytes);
    } else if (ask.end_piece > ask.first_piece) {
        append(flight.data, bytes);
    } else {
        auto& chunk = bytes_of({ask.rendition, ask.chunk});
        const auto end = ask.begin + flight.got;
        if (chunk.size() < end) chunk.resize(end);
        std::ranges::copy(bytes, chunk.begin() + static_cast<std::ptrdiff_t>(end - bytes.size()));
        headers_.make(ask, flight.got, bytes.size(), chunk);
    }
    rules_->received(of_rules, static_cast<std::uint32_t>(bytes.size()), page_.now);
    carry_out();
    take_pieces(number);
    const auto still = flights_.find(number);
    if (still == flights_.end()) return;
    if (still->second.longer && still->second.got == ask.stop - ask.begin) {
        cancel(number);
        ended(number);
    }
}

/// Pieces that are whole by now, each held against its hash.
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
            return fail(number, Fault::wrong, "its bytes do not match their hash");
        auto& chunk = bytes_of({ask.rendition, ask.chunk});
        if (chunk.size() < end) chunk.resize(end);
        std::ranges::copy(piece, chunk.begin() + begin);
        ++flight.next_piece;
        rules_->piece(flight.of_rules, page_.now);
        carry_out();
    }
}

void Driver::ended(int number) {
    auto& flight = flights_.at(number);
    const auto ask = flight.ask;
    const int of_rules = flight.of_rules;
    if (ask.what == Ask::What::manifest) return take_manifest(number);
    if (ask.what == Ask::What::index) return take_index(number);
    if (ask.what == Ask::What::headers) headers_.know(ask.rendition, flight.data);
    close(number);
    rules_->ended(of_rules, page_.now);
    carry_out();
    act(true);
}

void Driver::read(int number, std::optional<BytesView> bytes) {
    if (number == kept_manifest_) {
        flights_.erase(std::exchange(kept_manifest_, -1));
        auto manifest = bytes ? song::parse_manifest(as_text(*bytes)) : Malformed{"none"};
        std::optional<gather::Found> found;
        if (manifest) found = adopt(std::move(*manifest));
        if (!found) page_.shelf.lost(id_, std::string{song::manifest_file});
        rules_->start(page_.now, std::move(found));
        go_to_begin();
        carry_out();
        return act(true);
    }
    auto& flight = flights_.at(number);
    const auto ask = flight.ask;
    const int of_rules = flight.of_rules;
    const auto path = path_of(ask);
    if (!bytes) page_.shelf.lost(id_, path);
    if (ask.what == Ask::What::index) {
        if (!bytes) {  // then from the server
            flight.kept = false;
            return fetch(number);
        }
        flight.data.assign(bytes->begin(), bytes->end());
        return take_index(number);
    }
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(ask.rendition)];
    const auto& row = rendition.chunks[static_cast<std::size_t>(ask.chunk)];
    if (!bytes || bytes->size() != static_cast<std::size_t>(row.bytes) ||
        sha256(*bytes) != row.sha256) {
        page_.shelf.lost(id_, path);
        return fail(number, Fault::missing, "it is kept no more");
    }
    headers_.know(ask.rendition, bytes->first(static_cast<std::size_t>(rendition.header_bytes)));
    chunks_[{ask.rendition, ask.chunk}].assign(bytes->begin(), bytes->end());
    rules_->received(of_rules, ask.stop - ask.begin, page_.now);
    carry_out();
    if (flights_.contains(number)) {
        close(number);
        rules_->ended(of_rules, page_.now);
        carry_out();
    }
    chunks_.erase({ask.rendition, ask.chunk});
    act(true);
}

void Driver::take_manifest(int number) {
    const int of_rules = flights_.at(number).of_rules;
    const auto json = std::move(flights_.at(number).data);
    auto manifest = song::parse_manifest(as_text(json));
    if (!manifest) return fail(number, Fault::wrong, manifest.error().why);
    if (manifest->id != id_) return fail(number, Fault::wrong, "it is another song's manifest");
    close(number);
    if (auto found = adopt(std::move(*manifest))) {
        json_ = json;
        rules_->found(of_rules, std::move(*found), page_.now);
        go_to_begin();
        adopt_first();
    } else {
        rules_->found(of_rules, {}, page_.now);
    }
    carry_out();
    act(true);
}

/// The rules know by now what the first chunk is a part of, if they go on with it.
void Driver::adopt_first() {
    const auto* ask = rules_->asked(first_number_);
    const auto number = numbers_.find(first_number_);
    if (ask && ask->stop > 0 && number != numbers_.end()) flights_.at(number->second).ask = *ask;
}

void Driver::take_index(int number) {
    auto& flight = flights_.at(number);
    const auto& rendition = manifest_.renditions[static_cast<std::size_t>(flight.ask.rendition)];
    const auto bytes = std::move(flight.data);
    const bool kept = flight.kept;
    const int of_rules = flight.of_rules;
    auto index = song::parse_index(bytes);
    bool right = index && sha256(bytes) == rendition.index_sha256 &&
                 index->size() == rendition.chunks.size();
    for (std::size_t k = 0; right && k < index->size(); ++k)
        right = (*index)[k].back().offset < static_cast<std::uint32_t>(rendition.chunks[k].bytes);
    if (!right) {
        page_.shelf.lost(id_, song::index_path(rendition.kbps));
        return fail(number, Fault::wrong, "its index does not match the id");
    }
    gather::Pieces pieces;
    for (const auto& chunk : *index) {
        auto& to = pieces.emplace_back();
        for (const auto& piece : chunk)
            to.push_back({piece.offset, static_cast<double>(piece.first_sample) / manifest_.rate});
    }
    if (!kept) keep(song::index_path(rendition.kbps), bytes);
    index_[flights_.at(number).ask.rendition] = std::move(*index);
    close(number);
    rules_->index_said(of_rules, std::move(pieces), page_.now);
    carry_out();
    act(true);
}

Bytes& Driver::bytes_of(Chunk chunk) {
    auto& bytes = chunks_[chunk];
    if (chunk.second == 0 && bytes.empty()) bytes = std::exchange(first_, {});
    return bytes;
}

}  // namespace stretto::web
