// How a loader finds its song: manifest and index, from the tracker, an edge, a peer or the cache.
#include "listen/loader_parts.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

constexpr std::chrono::milliseconds tick{100};

std::chrono::milliseconds back_off(int attempt) {
    return std::chrono::milliseconds{100 << std::min(attempt, 5)};
}

}  // namespace

void Loader::start() {
    if (!around_.tracker) {
        manifest_from_edge(0);
        return ask_first_chunk();
    }
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
    if (!over_now_) peers_->add(peers);
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
    progressed_ = now();
    manifest_ = std::move(manifest);
    id_ = manifest_.id;
    outcome_.id = id_;
    rendition_ = &manifest_.best(options_.kbps);
    outcome_.kbps = rendition_->kbps;
    std::vector<std::uint32_t> sizes;
    for (const auto& row : rendition_->chunks)
        sizes.push_back(static_cast<std::uint32_t>(row.bytes));
    gather::Picker::Options how;
    how.in_order = options_.in_order || !around_.peers;  // with nobody to pass rare ones on to
    how.alone = !options_.in_order && !around_.peers;
    if (options_.peers_first) how.enough = 2.0 * rendition_->average_kbps * 1000 / 8;
    picker_ = std::make_unique<gather::Picker>(sizes, how, options_.seed);
    Peers::Calls calls;
    calls.changed = [this](Peer& peer, int kbps) {
        if (kbps == rendition_->kbps)
            picker_->set_peer(peer.number, peer.have[kbps], peer.expected());
    };
    calls.heard = [this] { pump(); };
    peers_ = std::make_unique<Peers>(around_, id_, sizes.size(), std::move(calls));
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
    drop_early();
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
    const bool from_peer = (!edge || attempt % 2 == 1) && !peers_->all().empty();
    if (!edge && !from_peer) return;  // chunks come whole, or not at all
    const auto& all = peers_->all();
    const auto link = from_peer ? all[static_cast<std::size_t>(attempt / 2) % all.size()] : nullptr;
    auto& upstream = link ? *link->upstream : *edge->upstream;
    http::get(
        upstream, path(rest), song::most_index_bytes,
        [this, attempt, edge, link, rest, alive = std::weak_ptr{alive_}](const http::Whole& got) {
            if (alive.expired() || over_now_) return;
            if (got.ok() && sha256(got.body) == rendition_->index_sha256) {
                if (around_.kept) around_.kept->keep(id_, rest, got.body);
                return use_index(got.body);
            }
            ++outcome_.retries;
            if (!link && edge) around_.edges.failed(*edge, got.ok());
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

}  // namespace stretto::listen
