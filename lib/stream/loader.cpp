#include "stream/loader.hpp"

#include <algorithm>

#include "http/range.hpp"
#include "song/id.hpp"
#include "stream/seeder.hpp"
#include "swarm/reach.hpp"

namespace stretto::stream {
namespace {

constexpr std::chrono::milliseconds tick{100};
constexpr swarm::Millis between_refreshes = 5000;  // of the tracker's list, while loading
constexpr swarm::Millis first_refresh = 1000;      // then after twice the time each
constexpr swarm::Millis between_polls = 700;       // of what one peer has
constexpr swarm::Millis patience = 30000;  // with edges that all fail, and no peer that helps
constexpr std::size_t most_peers = 24;
constexpr int near = 4;      // chunks ahead of the one to hand on that stay in memory
constexpr int attempts = 7;  // for manifest and index: about 15 s

http::Request request_of(const char* method, std::string target) {
    http::Request request;
    request.method = method;
    request.target = std::move(target);
    return request;
}

http::Upstream::Limits peer_limits() {
    http::Upstream::Limits limits;
    limits.connections = 3;
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = std::chrono::seconds{5};
    return limits;
}

std::chrono::milliseconds back_off(int attempt) {
    return std::chrono::milliseconds{100 << std::min(attempt, 5)};
}

}  // namespace

/// A peer, as this song knows it.
struct Loader::Link {
    int number = 0;
    swarm::PeerInfo info;
    std::unique_ptr<http::Upstream> upstream;
    std::vector<bool> have;
    swarm::Millis heard = 0;
    bool asking = false, reported = false;
    std::uint64_t bytes = 0;
    std::int64_t ms = 0;

    /// Bytes/s of one order, while it has shown nothing: four uploads share what it gives.
    double guess() const { return static_cast<double>(info.upload_kbps) * 1000 / 8 / 4; }
};

struct Loader::Transfer {
    swarm::Order order;
    std::shared_ptr<Link> link;  // nullptr: an edge
    std::shared_ptr<Edges::Edge> edge;
    std::unique_ptr<http::Fetch> fetch;
    swarm::Millis started = 0;
    std::string cache;       // what the edge's cache did
    std::uint64_t skip = 0;  // bytes before the order's, of an answer that is the whole chunk
    Bytes data;
    int next_piece = 0;
    std::uint64_t useful = 0;
    bool ended = false, whole = false, told = false;
    std::uint64_t useless() const {
        return data.size() - std::min<std::uint64_t>(useful, data.size());
    }
    bool longer = false;  // the answer is the whole chunk, and only a part was asked for
};

Loader::Loader(const Around& around, std::string song, const Options& options, Calls calls)
    : around_(around),
      song_(std::move(song)),
      options_(options),
      calls_(std::move(calls)),
      began_(static_cast<swarm::Millis>(around.loop.now_ms())),
      tick_(around.loop, [this] { pump(); }),
      retry_(around.loop, [this] { std::exchange(retrying_, nullptr)(); }) {
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) start();
    });
}

Loader::~Loader() {
    if (around_.kept && !id_.empty()) around_.kept->release(id_);
}

void Loader::retry(std::chrono::milliseconds later, std::function<void()> what) {
    retrying_ = std::move(what);
    retry_.once(later);
}

void Loader::start() {
    if (!around_.tracker) return manifest_from_edge(0);
    around_.tracker->song(song_, [this, alive = std::weak_ptr{alive_}](auto answer, int status,
                                                                       const std::string& why) {
        if (!alive.expired()) on_tracker(std::move(answer), status, why);
    });
}

void Loader::on_tracker(std::optional<swarm::SongAnswer> answer, int status,
                        const std::string& why) {
    if (!answer) {
        if (status == 404 && around_.edges.empty())
            return finish(EX_UNAVAILABLE, text("nobody has '", song_, "'"));
        if (around_.edges.empty()) {
            if (use_kept()) return;
            return finish(EX_TEMPFAIL,
                          text("cannot ask the tracker ", around_.tracker->url(), ": ", why));
        }
        return manifest_from_edge(0);
    }
    if (!answer->edges.empty()) around_.edges.set(answer->edges);
    if (around_.edges.empty() && around_.edges.refused() > 0)
        return finish(EX_UNAVAILABLE,
                      "the tracker names edges of private networks only (see --allow-local-peers)");
    if (song::is_id(song_) && answer->song_id != song_)
        return finish(EX_DATAERR, text("the tracker answers for another song than ", song_));
    auto manifest = answer->manifest.empty() ? Result<song::Manifest>{Malformed{}}
                                             : song::parse_manifest(answer->manifest);
    auto peers = std::move(answer->peers);
    if (manifest && manifest->id == answer->song_id)
        use(std::move(*manifest));
    else
        return manifest_from_edge(0);
    if (!over_now_) add_peers(peers);
}

/// From one edge after the other, nearest first.
void Loader::manifest_from_edge(int attempt) {
    const auto edge = around_.edges.current();
    if (!edge) return finish(EX_UNAVAILABLE, "no edge is known");
    http::get(*edge->upstream, "/songs/" + song_ + "/manifest.json", song::most_manifest_bytes,
              [this, edge, attempt, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                  if (alive.expired()) return;
                  auto manifest = got.ok() ? song::parse_manifest(as_text(got.body))
                                           : Result<song::Manifest>{Malformed{got.why}};
                  const bool right = manifest && (!song::is_id(song_) || manifest->id == song_);
                  if (right) {
                      around_.edges.worked(*edge);
                      return use(std::move(*manifest));
                  }
                  if (got.status == 404)
                      return finish(EX_UNAVAILABLE, text("'", song_, "' is not at ", edge->url));
                  around_.edges.failed(*edge, got.ok());
                  ++outcome_.retries;
                  if (got.status == 0 && use_kept()) return;
                  const auto why =
                      manifest ? "its manifest is another song's" : manifest.error().why;
                  if (attempt + 1 >= attempts)
                      return finish(got.ok() ? EX_DATAERR : EX_TEMPFAIL,
                                    text("cannot get '", song_, "' from ", edge->url, ": ", why));
                  retry(back_off(attempt), [this, attempt] { manifest_from_edge(attempt + 1); });
              });
}

/// Nobody answers, but an id needs nobody's word: what is kept of the song may be all of it.
bool Loader::use_kept() {
    if (!around_.kept || !song::is_id(song_)) return false;
    const auto json = around_.kept->read(song_, "manifest.json", song::most_manifest_bytes);
    auto manifest =
        json ? song::parse_manifest(as_text(*json)) : Result<song::Manifest>{Malformed{}};
    if (!manifest || manifest->id != song_) return false;
    use(std::move(*manifest));
    return true;
}

void Loader::use(song::Manifest manifest) {
    refreshed_ = progressed_ = now();
    manifest_ = std::move(manifest);
    id_ = manifest_.id;
    outcome_.id = id_;
    rendition_ = &manifest_.best(options_.kbps);
    outcome_.kbps = rendition_->kbps;
    std::vector<std::uint32_t> sizes;
    for (const auto& row : rendition_->chunks)
        sizes.push_back(static_cast<std::uint32_t>(row.bytes));
    swarm::Picker::Options how;
    how.in_order = options_.in_order || !around_.peers;  // with nobody to pass rare ones on to
    if (options_.peers_first) how.enough = 2.0 * rendition_->average_kbps * 1000 / 8;
    picker_ = std::make_unique<swarm::Picker>(sizes, how, options_.seed);
    if (around_.kept) {
        around_.kept->use(id_);
        const auto json = song::print_manifest(manifest_);
        const auto old = around_.kept->read(id_, "manifest.json", song::most_manifest_bytes);
        if (!old || as_text(*old) != json) around_.kept->keep(id_, "manifest.json", as_bytes(json));
    }
    calls_.found(manifest_, *rendition_);
    look_into_cache();
    tick_.every(tick);
    // a chunk before the index: the connection that brought the manifest is quick by now
    if (picker_->complete() || !use_kept_index()) pump();
    if (!picker_->complete() && !index_) index_from(0);
}

/// Chunks that are kept already, checked as if a stranger had brought them.
void Loader::look_into_cache() {
    if (!around_.kept) return;
    const auto known = around_.kept->chunks(id_);
    const auto here = known.find(rendition_->kbps);
    if (here == known.end()) return;
    for (std::size_t k = 0; k < rendition_->chunks.size() && k < here->second.size(); ++k) {
        if (!here->second[k]) continue;
        const auto& row = rendition_->chunks[k];
        const auto bytes = around_.kept->read(
            id_, song::chunk_path(rendition_->kbps, static_cast<std::int64_t>(k)),
            static_cast<std::size_t>(row.bytes), row.sha256);
        if (!bytes) continue;
        picker_->have_chunk(static_cast<int>(k));
        outcome_.bytes[0] += bytes->size();
        if (outcome_.first_byte_ms < 0) outcome_.first_byte_ms = now() - began_;
        if (calls_.gave) calls_.gave({static_cast<int>(k), 0, 0, "cache", 0, bytes->size()});
    }
}

/// @return false: it is not kept
bool Loader::use_kept_index() {
    if (!around_.kept) return false;
    const auto bytes = around_.kept->read(id_, song::index_path(rendition_->kbps),
                                          song::most_index_bytes, rendition_->index_sha256);
    if (bytes) use_index(*bytes);
    return index_.has_value();
}

/// The index from an edge, or, since its hash is known, from any peer.
void Loader::index_from(int attempt) {
    const auto rest = song::index_path(rendition_->kbps);
    const auto edge = around_.edges.current();
    const bool from_peer = (!edge || attempt % 2 == 1) && !links_.empty();
    if (!edge && !from_peer) return;  // chunks come whole, or not at all
    auto& upstream = from_peer
                         ? *links_[static_cast<std::size_t>(attempt / 2) % links_.size()]->upstream
                         : *edge->upstream;
    const auto keep_link =
        from_peer ? links_[static_cast<std::size_t>(attempt / 2) % links_.size()] : nullptr;
    http::get(upstream, path(rest), song::most_index_bytes,
              [this, attempt, edge, keep_link, rest,
               alive = std::weak_ptr{alive_}](const http::Whole& got) {
                  if (alive.expired() || over_now_) return;
                  if (got.ok() && sha256(got.body) == rendition_->index_sha256) {
                      if (around_.kept) around_.kept->keep(id_, rest, got.body);
                      return use_index(got.body);
                  }
                  ++outcome_.retries;
                  if (!keep_link && edge) around_.edges.failed(*edge, got.ok());
                  if (attempt + 1 >= 2 * attempts) return;
                  retry(back_off(attempt / 2), [this, attempt] { index_from(attempt + 1); });
              });
}

void Loader::use_index(const Bytes& bytes) {
    auto index = song::parse_index(bytes);
    if (!index || index->size() != rendition_->chunks.size()) return;
    for (std::size_t k = 0; k < index->size(); ++k)
        if ((*index)[k].empty() ||
            (*index)[k].back().offset >= static_cast<std::uint32_t>(rendition_->chunks[k].bytes))
            return;
    index_ = std::move(*index);
    std::vector<std::vector<std::uint32_t>> starts;
    for (const auto& pieces : *index_) {
        starts.emplace_back();
        for (const auto& piece : pieces) starts.back().push_back(piece.offset);
    }
    picker_->set_pieces(starts);
    for (auto& [number, transfer] : transfers_)
        if (const auto* order = picker_->order(number)) transfer->order = *order;
    pump();
}

void Loader::add_peers(const std::vector<swarm::PeerInfo>& peers) {
    if (!around_.peers || !picker_) return;
    for (const auto& info : peers) {
        const auto endpoint = swarm::parse_peer_url(info.url);
        if (!endpoint || !swarm::may_connect(*endpoint, swarm::Role::peer, around_.local_peers))
            continue;
        if (around_.tracker && info.peer_id == around_.tracker->peer_id()) continue;
        auto found = std::ranges::find_if(
            links_, [&](const auto& link) { return link->info.url == info.url; });
        if (found == links_.end()) {
            if (links_.size() >= most_peers) continue;
            auto link = std::make_shared<Link>();
            link->number = static_cast<int>(links_.size());
            link->upstream =
                std::make_unique<http::Upstream>(around_.loop, info.url, peer_limits());
            links_.push_back(std::move(link));
            found = links_.end() - 1;
        }
        auto& link = **found;
        link.info = info;
        if (link.heard != 0) continue;  // what it said itself is newer
        link.have.assign(rendition_->chunks.size(), false);
        if (const auto have = info.have.find(rendition_->kbps); have != info.have.end())
            for (const auto& range : have->second)
                for (int k = range.first; k <= range.last && k < static_cast<int>(link.have.size());
                     ++k)
                    link.have[static_cast<std::size_t>(k)] = true;
        picker_->set_peer(link.number, link.have, link.guess());
    }
    if (around_.kept) around_.kept->others(id_, static_cast<int>(peers.size()));
    pump();
}

/// The tracker's list anew, at first often: in a crowd others come at the same time.
void Loader::refresh_peers() {
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (!around_.tracker || !around_.peers || now() - refreshed_ < wait) return;
    if (picker_->useful_peers(now()) >= 8 && now() - refreshed_ < 6 * between_refreshes) return;
    refreshed_ = now();
    ++refreshes_;
    around_.tracker->peers(id_, rendition_->kbps, 16,
                           [this, alive = std::weak_ptr{alive_}](auto peers) {
                               if (!alive.expired() && peers && !over_now_) add_peers(*peers);
                           });
}

void Loader::note_have(Link& link, const http::Fields& fields) {
    const auto said = fields.joined("Stretto-Have");
    if (!said) return;
    const auto have = parse_have(*said, rendition_->chunks.size());
    if (!have) return;
    link.heard = now();
    link.have = *have;
    picker_->set_peer(link.number, link.have, link.guess());
}

/// What each peer has by now: it tells with every answer, and a few bytes ask for one.
void Loader::poll_peers() {
    for (auto& link : links_) {
        if (link->asking || picker_->banned(link->number) || now() - link->heard < between_polls)
            continue;
        if (std::ranges::all_of(link->have, [](bool here) { return here; }) && link->heard)
            continue;
        link->asking = true;
        http::ask(*link->upstream, request_of("HEAD", path(song::index_path(rendition_->kbps))), {},
                  65536, [this, link, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                      if (alive.expired() || over_now_) return;
                      link->asking = false;
                      // who does not answer is asked again ever more rarely
                      if (got.status == 0) link->heard = now() + 5000;
                      note_have(*link, got.fields);
                      pump();
                  });
    }
}

/// Out of whatever callback this is.
void Loader::pump_soon() {
    if (std::exchange(pump_posted_, true)) return;
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) pump();
    });
}

void Loader::pump() {
    pump_posted_ = false;
    if (!picker_ || over_now_) return;
    if (pumping_) {
        again_ = true;
        return;
    }
    pumping_ = true;
    over_.clear();
    do {
        again_ = false;
        for (const int number : picker_->late(now())) {
            const auto found = transfers_.find(number);
            if (found == transfers_.end()) continue;
            auto transfer = found->second;
            ++outcome_.retries;
            if (transfer->link) report(*transfer->link, false, "stalled");
            if (transfer->edge) around_.edges.failed(*transfer->edge, false);
            outcome_.wasted += transfer->useless();
            end(*transfer);
        }
        for (const int number : picker_->superfluous()) drop(number);
        deliver();
        if (picker_->complete() || over_now_) break;
        const auto until = around_.edges.empty()
                               ? now() + 1000
                               : static_cast<swarm::Millis>(around_.edges.pause_until());
        picker_->pause_edge(until);
        for (const auto& wanted : picker_->pick(now())) order(wanted);
    } while (again_);
    pumping_ = false;
    if (over_now_) return;
    if (picker_->complete()) {
        if (next_ == static_cast<int>(rendition_->chunks.size())) finish(0, "");
        return;
    }
    refresh_peers();
    if (around_.peers) poll_peers();
    if (picker_->useful_peers(now()) > 0) return;
    // with nobody who gives anything, patience ends
    if (transfers_.empty() && around_.edges.all_wrong())
        return finish(EX_DATAERR,
                      text("'", song_, "': what the edges give is not what the id promises"));
    if (transfers_.empty() && edge_missing_ > attempts)
        return finish(EX_UNAVAILABLE, text("nobody has all of '", song_, "'"));
    if (now() - progressed_ > patience)
        return finish(EX_TEMPFAIL, text("cannot get '", song_, "': ",
                                        edge_why_.empty() ? "nobody sends anything" : edge_why_));
}

void Loader::order(const swarm::Order& wanted) {
    auto transfer = std::make_shared<Transfer>();
    transfer->order = wanted;
    transfer->started = now();
    transfer->next_piece = wanted.first;
    const auto& row = rendition_->chunks[static_cast<std::size_t>(wanted.chunk)];
    transfer->whole = wanted.begin == 0 && wanted.stop == static_cast<std::uint32_t>(row.bytes);
    http::Upstream* upstream = nullptr;
    if (wanted.source == swarm::Order::edge) {
        transfer->edge = around_.edges.current();
        if (transfer->edge) upstream = transfer->edge->upstream.get();
    } else {
        transfer->link = links_[static_cast<std::size_t>(wanted.source)];
        upstream = transfer->link->upstream.get();
    }
    transfers_[wanted.number] = transfer;
    if (!upstream) return fail(*transfer, swarm::Fault::broken);
    auto request = request_of("GET", path(song::chunk_path(rendition_->kbps, wanted.chunk)));
    if (!transfer->whole)
        request.fields.add("Range", text("bytes=", wanted.begin, "-", wanted.stop - 1));
    http::FetchCalls calls;
    const std::weak_ptr alive{alive_};
    calls.head = [this, alive, transfer](http::Response&& head) {
        if (!alive.expired() && !transfer->ended) on_head(*transfer, head);
    };
    calls.data = [this, alive, transfer](BytesView bytes) {
        return !alive.expired() && !transfer->ended && on_data(*transfer, bytes);
    };
    calls.end = [this, alive, transfer](const http::Failure* failure) {
        if (!alive.expired() && !transfer->ended) on_end(*transfer, failure);
    };
    transfer->fetch = upstream->fetch(request, {}, std::move(calls));
}

void Loader::on_head(Transfer& transfer, const http::Response& head) {
    if (transfer.link) note_have(*transfer.link, head.fields);
    if (const auto* cache = head.fields.find("X-Cache")) transfer.cache = *cache;
    const auto& order = transfer.order;
    if (head.status == 206 && !transfer.whole) {
        const auto* said = head.fields.find("Content-Range");
        const auto range = said ? http::parse_content_range(*said) : std::nullopt;
        if (range && range->range.first == order.begin &&
            range->range.length == order.stop - order.begin)
            return;
    } else if (head.status == 200) {
        transfer.skip = transfer.whole ? 0 : order.begin;
        transfer.longer = !transfer.whole;
        return;
    }
    const auto fault = head.status == 404                         ? swarm::Fault::missing
                       : head.status == 503 || head.status == 429 ? swarm::Fault::busy
                                                                  : swarm::Fault::broken;
    edge_why_ = text("the server says ", head.status, " ", http::reason(head.status));
    if (transfer.edge) edge_missing_ = head.status == 404 ? edge_missing_ + 1 : 0;
    fail(transfer, fault);
}

BytesView Loader::piece_of(int chunk, int piece, BytesView from, std::uint32_t begin) const {
    const auto& pieces = (*index_)[static_cast<std::size_t>(chunk)];
    const auto at = static_cast<std::size_t>(piece);
    const auto first = pieces[at].offset;
    const auto end =
        at + 1 < pieces.size()
            ? pieces[at + 1].offset
            : static_cast<std::uint32_t>(rendition_->chunks[static_cast<std::size_t>(chunk)].bytes);
    if (end - begin > from.size()) return {};
    return from.subspan(first - begin, end - first);
}

/// Pieces that are whole by now. @return false: one is wrong, and the transfer has failed
bool Loader::take_pieces(Transfer& transfer) {
    const auto& order = transfer.order;
    while (index_ && transfer.next_piece < order.end) {
        const int i = transfer.next_piece;
        const auto bytes = piece_of(order.chunk, i, transfer.data, order.begin);
        if (bytes.empty()) return true;
        const auto& piece =
            (*index_)[static_cast<std::size_t>(order.chunk)][static_cast<std::size_t>(i)];
        if (song::piece_hash(bytes) != piece.hash) {
            fail(transfer, swarm::Fault::wrong);
            return false;
        }
        ++transfer.next_piece;
        if (picker_->complete(order.chunk) || picker_->has_piece(order.chunk, i)) {
            outcome_.wasted += bytes.size();
            picker_->piece_done(order.number, i, now());
            continue;
        }
        auto& chunk = partial_[order.chunk];
        chunk.resize(static_cast<std::size_t>(
            rendition_->chunks[static_cast<std::size_t>(order.chunk)].bytes));
        std::ranges::copy(bytes, chunk.begin() + piece.offset);
        transfer.useful += bytes.size();
        outcome_.bytes[transfer.link ? 1 : 2] += bytes.size();
        if (transfer.link) transfer.link->bytes += bytes.size();
        if (outcome_.first_byte_ms < 0) outcome_.first_byte_ms = now() - began_;
        progressed_ = now();
        picker_->piece_done(order.number, i, now());
        if (transfer.next_piece == order.end) tell(transfer);
        if (picker_->complete(order.chunk)) chunk_done(order.chunk);
    }
    return true;
}

bool Loader::on_data(Transfer& transfer, BytesView bytes) {
    const auto& order = transfer.order;
    picker_->received(order.number, static_cast<std::uint32_t>(bytes.size()), now());
    if (transfer.edge) progressed_ = now();
    const auto skipped = std::min<std::uint64_t>(transfer.skip, bytes.size());
    transfer.skip -= skipped;
    bytes = bytes.subspan(skipped);
    const std::size_t room = order.stop - order.begin - transfer.data.size();
    // an edge that answers with the whole chunk has more behind; a peer may not
    if (bytes.size() > room && transfer.link) {
        fail(transfer, swarm::Fault::wrong);
        return false;
    }
    append(transfer.data, bytes.first(std::min(room, bytes.size())));
    if (!take_pieces(transfer)) return false;
    if (transfer.edge && picker_->edge_wanted(now())) pump_soon();
    // the end of the message follows, after which the connection is good for another; but not where
    // the answer goes on behind what was asked for
    if (transfer.longer && transfer.data.size() == order.stop - order.begin)
        on_end(transfer, nullptr);
    return true;
}

void Loader::on_end(Transfer& transfer, const http::Failure* failure) {
    const auto& order = transfer.order;
    if (failure || transfer.data.size() < order.stop - order.begin) {
        edge_why_ = failure ? failure->why : "the answer was cut short";
        return fail(transfer, swarm::Fault::broken);
    }
    if (!index_) {  // a whole chunk, from an edge
        const auto& row = rendition_->chunks[static_cast<std::size_t>(order.chunk)];
        if (sha256(transfer.data) != row.sha256) return fail(transfer, swarm::Fault::wrong);
        if (!picker_->complete(order.chunk)) {
            partial_[order.chunk] = transfer.data;
            transfer.useful = transfer.data.size();
            outcome_.bytes[2] += transfer.data.size();
            if (outcome_.first_byte_ms < 0) outcome_.first_byte_ms = now() - began_;
            picker_->have_chunk(order.chunk);
            chunk_done(order.chunk);
        }
    } else if (transfer.next_piece < order.end && !take_pieces(transfer)) {
        return;
    }
    picker_->finished(order.number, now());
    if (transfer.edge) {
        around_.edges.worked(*transfer.edge);
        edge_missing_ = 0;
    }
    if (transfer.link) {
        transfer.link->ms += now() - transfer.started;
        report(*transfer.link, true, "");
    }
    tell(transfer);
    end(transfer);
    pump();
}

/// Who brought it; once, when its last byte has proved right.
void Loader::tell(Transfer& transfer) {
    if (transfer.told || !calls_.gave) return;
    transfer.told = true;
    const auto& order = transfer.order;
    calls_.gave({order.chunk, order.first, order.end,
                 transfer.link ? "peer " + transfer.link->info.url
                               : text("edge ", transfer.edge->name,
                                      transfer.cache.empty() ? "" : " ", transfer.cache),
                 now() - transfer.started, transfer.data.size()});
}

void Loader::fail(Transfer& transfer, swarm::Fault fault) {
    if (fault != swarm::Fault::missing && fault != swarm::Fault::busy) ++outcome_.retries;
    outcome_.wasted += transfer.useless();
    picker_->failed(transfer.order.number, fault, now());
    if (transfer.link) {
        if (fault == swarm::Fault::wrong) {
            ++outcome_.bans;
            transfer.link->reported = false;
            report(*transfer.link, false, "hash");
        } else if (fault == swarm::Fault::broken) {
            report(*transfer.link, false, "broken");
        }
    } else {
        if (transfer.edge) around_.edges.failed(*transfer.edge, fault == swarm::Fault::wrong);
    }
    end(transfer);
    pump_soon();
}

/// What others have brought meanwhile.
void Loader::drop(int number) {
    const auto found = transfers_.find(number);
    if (found == transfers_.end()) return;
    const auto transfer = found->second;
    if (transfer->data.size() == transfer->order.stop - transfer->order.begin)
        return;  // at its end
    outcome_.wasted += transfer->useless();
    picker_->failed(number, swarm::Fault::busy, now() - 1000);
    end(*transfer);
}

void Loader::end(Transfer& transfer) {
    transfer.ended = true;
    if (transfer.fetch) over_.push_back(std::move(transfer.fetch));
    transfers_.erase(transfer.order.number);
}

/// A ticket counts once, so what is said of a peer is said once a song; harm at once.
void Loader::report(Link& link, bool ok, const std::string& why) {
    if (!around_.tracker || link.reported || link.info.ticket.empty()) return;
    link.reported = true;
    around_.tracker->report(
        {link.info.ticket, ok, why, link.ms, static_cast<std::int64_t>(link.bytes)});
}

void Loader::chunk_done(int chunk) {
    const auto& row = rendition_->chunks[static_cast<std::size_t>(chunk)];
    auto found = partial_.extract(chunk);
    Bytes bytes = std::move(found.mapped());
    if (sha256(bytes) != row.sha256) {  // an index that does not fit its chunks: ours is broken
        picker_->lost_chunk(chunk);
        return;
    }
    const auto rest = song::chunk_path(rendition_->kbps, chunk);
    const bool kept = around_.kept && around_.kept->keep(id_, rest, bytes);
    if (kept && around_.kept_more) around_.kept_more();
    if (!kept || chunk - next_ < near) ready_[chunk] = std::move(bytes);
}

/// Chunks to whoever wants them, in order.
void Loader::deliver() {
    const auto chunks = static_cast<int>(rendition_->chunks.size());
    while (next_ < chunks && picker_->complete(next_) && !over_now_) {
        const auto& row = rendition_->chunks[static_cast<std::size_t>(next_)];
        auto here = ready_.extract(next_);
        std::optional<Bytes> bytes;
        if (!here.empty())
            bytes = std::move(here.mapped());
        else if (around_.kept)
            bytes = around_.kept->read(id_, song::chunk_path(rendition_->kbps, next_),
                                       static_cast<std::size_t>(row.bytes), row.sha256);
        if (!bytes) {  // another program has made room meanwhile
            picker_->lost_chunk(next_);
            return;
        }
        ++next_;
        calls_.chunk(*bytes, next_ == chunks);
    }
}

void Loader::finish(int exit, const std::string& why) {
    if (over_now_) return;
    over_now_ = true;
    tick_.stop();
    for (auto& [number, transfer] : transfers_) {
        transfer->ended = true;
        transfer->fetch.reset();
    }
    transfers_.clear();
    if (exit == 0 && around_.kept) around_.kept->complete(id_);
    outcome_.exit = exit;
    outcome_.why = why;
    outcome_.total_ms = now() - began_;
    // not from within what may be a callback of one of our own fetches
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) calls_.done(std::move(outcome_));
    });
}

}  // namespace stretto::stream
