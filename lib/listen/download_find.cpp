// How a download finds out what a song is: its manifest, the chunk that is asked for before it, its
// indexes.
#include <algorithm>

#include "listen/download_parts.hpp"
#include "song/id.hpp"

namespace stretto::listen {

void Download::start() {
    if (over_now_) return;
    if (use_kept_manifest()) return;
    if (!around_.edges.empty()) {
        // the edges that are known are asked at once; the tracker, beside, may know nearer ones
        if (around_.tracker && !std::exchange(tracker_asked_, true)) ask_tracker(false);
        ask_manifest();
        if (!early_) ask_first_chunk();
    } else if (around_.tracker) {
        ask_tracker(true);
    } else {
        finish(EX_UNAVAILABLE, "no edge is known");
    }
}

void Download::ask_tracker(bool waiting) {
    around_.tracker->song(song_, [this, waiting, alive = std::weak_ptr{alive_}](
                                     auto answer, int status, const std::string& why) {
        if (alive.expired() || over_now_ || (!waiting && !answer)) return;
        if (!answer) {
            why_ = text("cannot ask the tracker ", around_.tracker->url(), ": ", why);
            if (status == 404) return finish(EX_UNAVAILABLE, text("nobody has '", song_, "'"));
            if (now() - progressed_ > static_cast<double>(options_.patience.count()))
                return finish(EX_TEMPFAIL, why_);
            return retry_soon();
        }
        if (!answer->edges.empty()) around_.edges.set(answer->edges);
        if (peers_)
            peers_->add(answer->peers);
        else
            named_ = answer->peers;
        if (around_.edges.empty() && waiting)
            return finish(EX_UNAVAILABLE,
                          around_.edges.refused() > 0
                              ? "the tracker names edges of private networks only (see "
                                "--allow-local-peers)"
                              : "the tracker knows no edge");
        if (session_) return;
        auto manifest = answer->manifest.empty() ? Result<song::Manifest>{Malformed{}}
                                                 : song::parse_manifest(answer->manifest);
        if (manifest && manifest->id == answer->song_id &&
            (!song::is_id(song_) || manifest->id == song_)) {
            const auto id = manifest->id;
            use(std::move(*manifest));
            return keep_name(id);
        }
        if (waiting) start();
    });
}

/// Nobody needs to be asked about what is kept.
bool Download::use_kept_manifest() {
    if (!around_.kept) return false;
    auto id = song_;
    if (!song::is_id(id)) {
        const auto named = around_.kept->named(song_);
        if (!named || !song::is_id(*named)) return false;
        id = *named;
    }
    const auto json = around_.kept->read(id, "manifest.json", song::most_manifest_bytes);
    if (!json) return false;
    auto manifest = song::parse_manifest(as_text(*json));
    if (!manifest || manifest->id != id) return false;
    // a name may have come to mean another song: ask beside the playing, for the next time
    if (!song::is_id(song_) && !around_.edges.empty()) ask_manifest();
    use(std::move(*manifest));
    return true;
}

void Download::ask_manifest() {
    const auto edge = around_.edges.current();
    if (!edge || asking_manifest_) return;
    asking_manifest_ = true;
    http::get(
        *edge->upstream, "/songs/" + song_ + "/manifest.json", song::most_manifest_bytes,
        [this, asked = std::weak_ptr{edge}, alive = std::weak_ptr{alive_}](const http::Whole& got) {
            const auto edge = asked.lock();
            if (alive.expired() || over_now_ || !edge) return;
            asking_manifest_ = false;
            on_manifest(*edge, got);
        });
}

/// So that the song sounds by its name when nobody can be asked.
void Download::keep_name(const std::string& id) const {
    if (around_.kept && !song::is_id(song_)) around_.kept->keep_name(song_, id);
}

void Download::on_manifest(Edges::Edge& edge, const http::Whole& got) {
    auto manifest = got.ok() ? song::parse_manifest(as_text(got.body))
                             : Result<song::Manifest>{Malformed{got.why}};
    const bool right = manifest && (!song::is_id(song_) || manifest->id == song_);
    if (right) {
        const auto id = manifest->id;
        if (!session_) use(std::move(*manifest));
        keep_name(id);
        return;
    }
    if (session_) return;
    why_ = text("cannot get '", song_, "' from ", edge.url, ": ",
                manifest ? "its manifest is another song's" : manifest.error().why);
    if (got.status == 404 && ++missing_ > 1)
        return finish(EX_UNAVAILABLE, text("'", song_, "' is not at ", edge.url));
    around_.edges.failed(edge, got.ok());
    if (now() - progressed_ > static_cast<double>(options_.patience.count()))
        return finish(got.ok() ? EX_DATAERR : EX_TEMPFAIL, why_);
    retry_soon();
}

/// Its path is known before the manifest is, and which rendition to begin with as good as known.
void Download::ask_first_chunk() {
    const auto edge = around_.edges.current();
    if (!edge) return;
    early_ = std::make_shared<Transfer>();
    early_->early = true;
    early_->kbps = std::clamp(options_.first_kbps, options_.least_kbps, options_.most_kbps);
    early_->edge = edge;
    early_->asked = now();
    http::Fields fields;
    fields.add("X-User-Bitrate", std::to_string(early_->kbps));
    fields.add("CMCD-Session", text("sf=o,sid=\"", cmcd_session_, "\",st=v"));
    from_edge(early_, fields, text("/songs/", song_, "/chunk_0.ogg"));
}

/// One after the other: without them a chunk cannot be left in the middle, but no sound waits for
/// them.
void Download::next_index() {
    if (indexing_ || !session_ || session_->complete()) return;
    const auto wanted =
        session_->index_wanted(indexed_, calls_.heard(), peers_ && !peers_->all().empty());
    if (!wanted) return;
    const int i = *wanted;
    const auto rest = song::index_path(rendition(i).kbps);
    if (around_.kept)
        if (const auto bytes =
                around_.kept->read(id_, rest, song::most_index_bytes, rendition(i).index_sha256)) {
            indexed_[static_cast<std::size_t>(i)] = true;
            use_index(i, *bytes);
            return next_index();
        }
    const auto edge = around_.edges.current();
    if (!edge || now() < not_before_) return;
    indexing_ = true;
    http::get(*edge->upstream, path(rest), song::most_index_bytes,
              [this, i, rest, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                  if (alive.expired() || over_now_) return;
                  indexing_ = false;
                  // one try: playing goes on without
                  indexed_[static_cast<std::size_t>(i)] = true;
                  if (!got.ok() || sha256(got.body) != rendition(i).index_sha256) return;
                  if (use_index(i, got.body) && around_.kept)
                      around_.kept->keep(id_, rest, got.body);
                  next_index();
              });
}

bool Download::use_index(int r, BytesView bytes) {
    const auto index = song::parse_index(bytes);
    auto& to = shape_.renditions[static_cast<std::size_t>(r)];
    if (!index || index->size() != to.chunks.size()) return false;
    for (std::size_t k = 0; k < index->size(); ++k) {
        const auto& pieces = (*index)[k];
        if (pieces.empty() || pieces.back().offset >= to.chunks[k].bytes) return false;
    }
    for (std::size_t k = 0; k < index->size(); ++k)
        for (const auto& piece : (*index)[k])
            to.chunks[k].pieces.push_back(
                {piece.offset, static_cast<double>(piece.first_sample) / manifest_.rate});
    index_[static_cast<std::size_t>(r)] = *index;
    return true;
}

}  // namespace stretto::listen
