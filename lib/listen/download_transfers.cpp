// A download's transfers: what a session wants, from what is kept, from peers or from an edge;
// heard as it comes, kept when it is right.
#include <algorithm>
#include <cmath>

#include "listen/download_parts.hpp"
#include "listen/ranges.hpp"

namespace stretto::listen {
namespace {

http::Request get(std::string target) {
    http::Request request;
    request.method = "GET";
    request.target = std::move(target);
    return request;
}

}  // namespace

void Download::order(const Session::Orders& orders) {
    const auto& want = *orders.want;
    if (last_rendition_ >= 0 && last_rendition_ != want.rendition)
        calls_.switched(rendition(last_rendition_).kbps, rendition(want.rendition).kbps,
                        orders.why);
    last_rendition_ = want.rendition;
    if (from_kept(want, *orders.part)) return;
    const auto transfer = std::make_shared<Transfer>();
    transfer->want = want;
    transfer->part = *orders.part;
    transfer->kbps = rendition(want.rendition).kbps;
    transfer->asked = now();
    if (begun_.chunk == want.chunk && begun_.rendition == want.rendition &&
        begun_.bytes.size() >= want.begin)
        transfer->before.assign(begun_.bytes.begin(), begun_.bytes.begin() + want.begin);
    if (want.peers) {
        transfer_ = transfer;
        return from_peers(transfer);
    }
    transfer->edge = around_.edges.current();
    if (!transfer->edge) {
        session_->failed(want.number);
        why_ = "no edge is known";
        if (around_.tracker) ask_tracker(false);
        return retry_soon();
    }
    transfer_ = transfer;
    auto fields = cmcd(want);
    const auto whole = shape_.renditions[static_cast<std::size_t>(want.rendition)]
                           .chunks[static_cast<std::size_t>(want.chunk)]
                           .bytes;
    if (want.begin > 0 || want.stop < whole)
        fields.add("Range", text("bytes=", want.begin, "-", want.stop - 1));
    if (want.begin > 0 && headers_[static_cast<std::size_t>(want.rendition)].empty())
        ask_headers(transfer);
    from_edge(transfer, fields, path(song::chunk_path(transfer->kbps, want.chunk)));
}

/// CTA-5004: what the player knows, for who reads the edge's logs.
http::Fields Download::cmcd(const Session::Want& want) const {
    const auto heard = calls_.heard();
    const auto buffer_ms =
        std::max<std::int64_t>(0, (session_->have() - heard.position) * 1000 / manifest_.rate);
    const auto& r = rendition(want.rendition);
    const auto rounded = (buffer_ms + 50) / 100 * 100;
    http::Fields fields;
    fields.add("CMCD-Object",
               text("br=", r.kbps, ",d=",
                    std::llround(shape_.chunk_s[static_cast<std::size_t>(want.chunk)] * 1000),
                    ",ot=a,tb=", manifest_.renditions.back().kbps));
    fields.add("CMCD-Request", text("bl=", rounded, ",dl=", rounded, heard.started ? "" : ",su"));
    fields.add("CMCD-Session", text("cid=\"", id_, "\",sf=o,sid=\"", cmcd_session_, "\",st=v"));
    if (heard.started && !heard.playing) fields.add("CMCD-Status", "bs");
    return fields;
}

/// @return false: it is not there after all
bool Download::from_kept(const Session::Want& want, const Session::Part& part) {
    if (!around_.kept) return false;
    const auto& r = rendition(want.rendition);
    const auto& row = r.chunks[static_cast<std::size_t>(want.chunk)];
    const auto bytes = around_.kept->read(id_, song::chunk_path(r.kbps, want.chunk),
                                          static_cast<std::size_t>(row.bytes), row.sha256);
    if (!bytes || static_cast<std::size_t>(r.header_bytes) > bytes->size()) return false;
    const BytesView all{*bytes};
    auto& headers = headers_[static_cast<std::size_t>(want.rendition)];
    if (headers.empty()) {
        const auto view = all.first(static_cast<std::size_t>(r.header_bytes));
        headers.assign(view.begin(), view.end());
    }
    calls_.part(part, want.begin > 0 ? BytesView{headers} : BytesView{});
    const auto mine = all.subspan(want.begin, want.stop - want.begin);
    const auto audio = calls_.bytes(want.number, mine);
    if (audio)
        session_->came(want.number, static_cast<std::uint32_t>(mine.size()), *audio, now(), false);
    session_->ended(want.number);
    progressed_ = now();
    Came came;
    came.chunk = want.chunk;
    came.kbps = r.kbps;
    came.bytes = mine.size();
    came.audio_ms = row.samples * 1000 / manifest_.rate;
    came.used_ms = (session_->have() - part.from) * 1000 / manifest_.rate;
    came.source = Origin::cache;
    came.from = "cache";
    calls_.came(came);
    return true;
}

void Download::ask_headers(const std::shared_ptr<Transfer>& transfer) {
    const int r = transfer->want.rendition;
    const auto size = static_cast<std::size_t>(rendition(r).header_bytes);
    auto request = get(path(song::chunk_path(rendition(r).kbps, transfer->want.chunk)));
    request.fields.add("Range", text("bytes=0-", size - 1));
    auto got = std::make_shared<Bytes>();
    http::FetchCalls calls;
    calls.head = [](http::Response&&) {};
    calls.data = [got, size](BytesView bytes) {
        append(*got, bytes.first(std::min(bytes.size(), size - got->size())));
        return true;
    };
    calls.end = [this, r, size, got, transfer,
                 alive = std::weak_ptr{alive_}](const http::Failure* failure) {
        if (alive.expired() || over_now_ || transfer->ended) return;
        if (failure || got->size() < size) return fail(*transfer, 0, "no headers came", false);
        headers_[static_cast<std::size_t>(r)] = *got;
        if (pass_on(*transfer, {}) && transfer->all) on_end(*transfer, nullptr);
    };
    if (header_fetch_) over_.push_back(std::move(header_fetch_));
    header_fetch_ = transfer->edge->upstream->fetch(request, {}, std::move(calls));
}

void Download::from_edge(const std::shared_ptr<Transfer>& transfer, const http::Fields& fields,
                         const std::string& target) {
    auto request = get(target);
    request.fields = fields;
    auto calls = while_it_lasts(
        alive_, transfer, [this](Transfer& t, const http::Response& head) { on_head(t, head); },
        [this](Transfer& t, BytesView bytes) { return on_data(t, bytes); },
        [this](Transfer& t, const http::Failure* failure) { on_end(t, failure); });
    transfer->fetch = transfer->edge->upstream->fetch(request, {}, std::move(calls));
}

void Download::on_head(Transfer& transfer, const http::Response& head) {
    if (const auto* cache = head.fields.find("X-Cache")) transfer.cache = *cache;
    const auto& want = transfer.want;
    if (transfer.early && head.status == 200) {
        const auto* kbps = head.fields.find("X-Bitrate");
        const int said = kbps ? std::atoi(kbps->c_str()) : 0;
        if (session_ && said != rendition(transfer.want.rendition).kbps)
            return fail(transfer, 0, "it began with another bitrate", false);
        transfer.kbps = said;
    }
    const auto skip = skipped(head, want.begin, want.stop);
    if (skip && (head.status == 200 || !transfer.early)) {
        transfer.skip = *skip;
        return;
    }
    fail(transfer, head.status,
         text("the server says ", head.status, " ", http::reason(head.status)), false);
}

bool Download::on_data(Transfer& transfer, BytesView bytes) {
    if (transfer.first < 0) transfer.first = now();
    const auto skipped = std::min<std::uint64_t>(transfer.skip, bytes.size());
    transfer.skip -= skipped;
    return pass_on(transfer, bytes.subspan(skipped));
}

/// @return false: the transfer is over
bool Download::pass_on(Transfer& transfer, BytesView bytes) {
    append(transfer.data, bytes);
    if (&transfer != transfer_.get()) return transfer.data.size() <= song::most_chunk_bytes;
    const auto& want = transfer.want;
    auto& headers = headers_[static_cast<std::size_t>(want.rendition)];
    if (want.begin > 0 && headers.empty()) return true;  // they are on their way
    if (transfer.data.size() > want.stop - want.begin) {
        fail(transfer, 0, "more came than was asked for", true);
        return false;
    }
    if (!transfer.begun) {
        transfer.begun = true;
        calls_.part(transfer.part, want.begin > 0 ? BytesView{headers} : BytesView{});
    }
    const auto fresh = BytesView{transfer.data}.subspan(transfer.passed);
    if (fresh.empty()) return true;
    transfer.passed = transfer.data.size();
    const auto audio = calls_.bytes(want.number, fresh);
    if (!audio) {
        fail(transfer, 0, "it gives damaged audio", true);
        return false;
    }
    session_->came(want.number, static_cast<std::uint32_t>(fresh.size()), *audio, now(),
                   !transfer.peers);
    progressed_ = now();
    failures_ = missing_ = 0;
    return true;
}

void Download::on_end(Transfer& transfer, const http::Failure* failure) {
    if (failure) return fail(transfer, 0, failure->why, false, failure->timed_out());
    transfer.all = true;
    if (&transfer != transfer_.get()) return;  // the manifest is not here yet
    const auto& want = transfer.want;
    if (want.begin > 0 && headers_[static_cast<std::size_t>(want.rendition)].empty()) return;
    if (transfer.data.size() < want.stop - want.begin)
        return fail(transfer, 0, "the answer was cut short", false);
    const auto keep_alive = transfer_;
    if (transfer.edge) around_.edges.worked(*transfer.edge);
    session_->ended(want.number);
    check_and_keep(transfer);
    transfer.peers ? tell_peers(transfer) : tell(transfer, used(transfer));
    drop(transfer);
    act();
}

/// What came of it without a hole from the chunk's begin on may be the begin of another want's.
void Download::remember(Transfer& transfer) {
    const auto& want = transfer.want;
    if (transfer.before.size() != want.begin) return;
    begun_ = {want.chunk, want.rendition, std::move(transfer.before)};
    append(begun_.bytes, BytesView{transfer.data}.first(transfer.passed));
}

/// Only what its hash proves is kept and passed on.
void Download::check_and_keep(Transfer& transfer) {
    const auto& want = transfer.want;
    const auto& r = rendition(want.rendition);
    auto& headers = headers_[static_cast<std::size_t>(want.rendition)];
    const auto& row = r.chunks[static_cast<std::size_t>(want.chunk)];
    if (transfer.before.size() != want.begin) return note_tail(transfer);
    remember(transfer);
    const Bytes chunk = std::exchange(begun_.bytes, {});
    begun_.chunk = -1;
    if (chunk.size() != static_cast<std::size_t>(row.bytes)) return;
    if (sha256(chunk) != row.sha256) {
        if (want.begin == 0 && transfer.edge) {  // else nobody knows whose bytes are wrong
            calls_.reject(transfer.edge->name, want.chunk, "hash");
            around_.edges.failed(*transfer.edge, true);
        }
        session_->redo(calls_.heard());
        return;
    }
    if (headers.empty()) headers.assign(chunk.begin(), chunk.begin() + r.header_bytes);
    if (!around_.kept) return;
    if (around_.kept->keep(id_, song::chunk_path(r.kbps, want.chunk), chunk)) {
        session_->kept(want.chunk, want.rendition);
        if (around_.kept_more) around_.kept_more();
    }
}

/// Samples of it that are heard.
std::int64_t Download::used(const Transfer& transfer) const {
    return std::max<std::int64_t>(0, session_->have() - transfer.part.from);
}

void Download::tell(const Transfer& transfer, std::int64_t used) const {
    const auto& row =
        rendition(transfer.want.rendition).chunks[static_cast<std::size_t>(transfer.want.chunk)];
    Came came;
    came.chunk = transfer.want.chunk;
    came.kbps = transfer.kbps;
    came.bytes = transfer.data.size();
    came.audio_ms = row.samples * 1000 / manifest_.rate;
    came.ms = std::llround((now() - transfer.asked) * 1000);
    came.first_byte_ms =
        transfer.first < 0 ? 0 : std::llround((transfer.first - transfer.asked) * 1000);
    came.used_ms = used * 1000 / manifest_.rate;
    came.from = transfer.edge->name;
    came.hit = transfer.cache == "HIT";
    calls_.came(came);
}

void Download::fail(Transfer& transfer, int status, const std::string& why, bool wrong,
                    bool silent) {
    const bool early = &transfer == early_.get();
    why_ = text(transfer.edge ? transfer.edge->url : "peers", ": ", why);
    if (early) {  // the manifest will tell what there is
        drop(transfer);
        return;
    }
    const auto keep_alive = transfer_;
    if (wrong && transfer.edge) calls_.reject(transfer.edge->name, transfer.want.chunk, "damaged");
    if (status == 404 && !transfer.early) {
        if (++missing_ > 2 * static_cast<int>(manifest_.renditions.size()))
            return finish(EX_UNAVAILABLE, text("nobody has all of '", song_, "'"));
        session_->missing(transfer.want.rendition);
    }
    if (transfer.edge) around_.edges.failed(*transfer.edge, wrong, silent);
    session_->failed(transfer.want.number);
    remember(transfer);
    if (transfer.peers)
        tell_peers(transfer);
    else if (!transfer.data.empty())
        tell(transfer, used(transfer));
    drop(transfer);
    retry_soon();
}

void Download::drop(Transfer& transfer) {
    transfer.ended = true;
    transfer.edge.reset();  // else the edge, its fetch and this hold each other
    if (transfer.fetch) over_.push_back(std::move(transfer.fetch));
    if (transfer.peers) {
        transfer.peers->stop();
        over_peers_.push_back(std::move(transfer.peers));
        around_.loop.post([this, alive = std::weak_ptr{alive_}] {
            if (!alive.expired()) over_peers_.clear();
        });
    }
    if (&transfer == transfer_.get()) transfer_.reset();
}

}  // namespace stretto::listen
