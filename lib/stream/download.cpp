#include <algorithm>
#include <cmath>
#include <random>

#include "http/ask.hpp"
#include "song/id.hpp"
#include "stream/download_parts.hpp"
#include "stream/ranges.hpp"

namespace stretto::stream {
namespace {

constexpr double longest_pause_s = 2;  // between tries: a listener waits

http::Request get(std::string target) {
    http::Request request;
    request.method = "GET";
    request.target = std::move(target);
    return request;
}

std::string random_id() {
    std::random_device random;
    char text[40];
    std::snprintf(text, sizeof text, "%08x-%08x-%08x", random(), random(), random());
    return text;
}

}  // namespace

Download::Download(const Around& around, std::string song, const Options& options, Calls calls)
    : around_(around),
      song_(std::move(song)),
      cmcd_session_(random_id()),
      options_(options),
      calls_(std::move(calls)),
      progressed_(now()),
      retry_(around.loop, [this] { session_ ? act() : start(); }) {}

Download::~Download() {
    // a fetch holds its transfer, which holds it
    for (const auto& transfer : {early_, transfer_})
        if (transfer) drop(*std::shared_ptr{transfer});
    if (around_.kept && !id_.empty()) around_.kept->release(id_);
}

void Download::retry_soon() {
    // another edge may be asked at once
    const double pause = failures_ == 0 && around_.edges.size() > 1
                             ? 0
                             : std::min(longest_pause_s, 0.1 * (1 << std::min(failures_, 6)));
    ++failures_;
    not_before_ = now() + pause;
    retry_.once(std::chrono::milliseconds{static_cast<std::int64_t>(pause * 1000) + 1});
}

void Download::use(song::Manifest manifest) {
    manifest_ = std::move(manifest);
    id_ = manifest_.id;
    progressed_ = now();
    failures_ = 0;
    make_shape();
    policy_ = abr::make_policy(options_.abr);
    auto how = options_.session;
    const auto& all = manifest_.renditions;
    const auto index_of = [&](const song::Rendition& r) {
        return static_cast<int>(&r - all.data());
    };
    how.highest = index_of(manifest_.best(options_.most_kbps));
    how.lowest = 0;
    while (how.lowest < how.highest && rendition(how.lowest).kbps < options_.least_kbps)
        ++how.lowest;
    how.seed = std::random_device{}();
    session_.emplace(shape_, manifest_.rate, *policy_, how);
    if (around_.kept) {
        around_.kept->use(id_);
        const auto json = song::print_manifest(manifest_);
        const auto old = around_.kept->read(id_, "manifest.json", song::most_manifest_bytes);
        if (!old || as_text(*old) != json) around_.kept->keep(id_, "manifest.json", as_bytes(json));
    }
    note_kept();
    meet_peers();
    calls_.found(manifest_);
    if (over_now_) return;
    if (early_ && !early_->ended) {
        // until its answer has said otherwise, a server gives the highest not above
        const auto* r = &manifest_.best(early_->kbps);
        const int i = r ? index_of(*r) : -1;
        if (i >= how.lowest && i <= how.highest) {
            transfer_ = std::exchange(early_, nullptr);
            transfer_->part = session_->adopt(i, transfer_->asked, transfer_->first);
            transfer_->want = *session_->under_way();
            transfer_->kbps = r->kbps;
            pass_on(*transfer_, {});
            if (transfer_ && transfer_->all) on_end(*transfer_, nullptr);
        } else {
            drop(*early_);
        }
    }
    early_.reset();
    act();
}

void Download::make_shape() {
    for (const auto& row : manifest_.renditions.front().chunks)
        shape_.chunk_s.push_back(static_cast<double>(row.samples) / manifest_.rate);
    for (const auto& r : manifest_.renditions) {
        auto& to = shape_.renditions.emplace_back();
        to.kbps = r.kbps;
        to.header_bytes = static_cast<std::uint32_t>(r.header_bytes);
        for (const auto& row : r.chunks)
            to.chunks.push_back({static_cast<std::uint32_t>(row.bytes), {}});
    }
    headers_.resize(manifest_.renditions.size());
    index_.resize(manifest_.renditions.size());
    indexed_.resize(manifest_.renditions.size());
}

void Download::note_kept() {
    if (!around_.kept) return;
    const auto& known = around_.kept->chunks(id_);
    for (std::size_t r = 0; r < manifest_.renditions.size(); ++r) {
        const auto here = known.find(manifest_.renditions[r].kbps);
        if (here == known.end()) continue;
        for (std::size_t k = 0; k < shape_.chunk_s.size() && k < here->second.size(); ++k)
            if (here->second[k]) session_->kept(static_cast<int>(k), static_cast<int>(r));
    }
}

void Download::act() {
    if (!session_ || over_now_ || acting_) return;
    acting_ = true;
    over_.clear();
    session_->elsewhere(around_.edges.size() > 1);
    while (!over_now_ && now() >= not_before_) {
        const auto orders = session_->act(now(), calls_.heard(), offer());
        if (orders.cancel && transfer_) {
            const auto transfer = transfer_;
            if (orders.silent && transfer->edge) {
                why_ = "nothing comes";
                around_.edges.failed(*transfer->edge, false, true);
                if (failures_++ > 0) retry_soon();  // the first time long enough was waited
            }
            remember(*transfer);
            if (transfer->peers)
                tell_peers(*transfer);
            else if (!transfer->data.empty())
                tell(*transfer);
            drop(*transfer);
            if (orders.silent) continue;
        }
        if (!orders.want) break;
        order(orders);
        if (transfer_) break;  // one decision at a time: a rule that wavers must not hold us here
    }
    acting_ = false;
    if (over_now_) return;
    next_index();
    if (session_->complete() || transfer_) return;
    if (now() - progressed_ > static_cast<double>(options_.patience.count()) && failures_ > 0)
        finish(around_.edges.all_wrong() ? EX_DATAERR : EX_TEMPFAIL,
               text("cannot get '", song_, "': ", why_.empty() ? "nobody sends anything" : why_));
}

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
    if (failure) return fail(transfer, 0, failure->why, false, failure->timed_out);
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
    transfer.peers ? tell_peers(transfer) : tell(transfer);
    drop(transfer);
    act();
}

/// What came of it without a hole from the chunk's begin on may be the begin of another want's.
void Download::remember(Transfer& transfer) {
    const auto& want = transfer.want;
    if (transfer.early || transfer.before.size() != want.begin) return;
    begun_ = {want.chunk, want.rendition, std::move(transfer.before)};
    append(begun_.bytes, BytesView{transfer.data}.first(transfer.passed));
}

/// Only what its hash proves is kept and passed on.
void Download::check_and_keep(Transfer& transfer) {
    const auto& want = transfer.want;
    const auto& r = rendition(want.rendition);
    auto& headers = headers_[static_cast<std::size_t>(want.rendition)];
    const auto& row = r.chunks[static_cast<std::size_t>(want.chunk)];
    if (transfer.before.size() != want.begin) return;
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

void Download::tell(const Transfer& transfer) const {
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
    came.used_ms =
        std::max<std::int64_t>(0, session_->have() - transfer.part.from) * 1000 / manifest_.rate;
    came.from = transfer.edge->name;
    came.hit = transfer.cache == "HIT";
    calls_.came(came);
}

void Download::fail(Transfer& transfer, int status, const std::string& why, bool wrong,
                    bool silent) {
    const bool early = &transfer == early_.get();
    why_ = text(transfer.edge->url, ": ", why);
    if (early) {  // the manifest will tell what there is
        drop(transfer);
        return;
    }
    const auto keep_alive = transfer_;
    if (wrong) calls_.reject(transfer.edge->name, transfer.want.chunk, "damaged");
    if (status == 404 && !transfer.early) {
        if (++missing_ > 2 * static_cast<int>(manifest_.renditions.size()))
            return finish(EX_UNAVAILABLE, text("nobody has all of '", song_, "'"));
        session_->missing(transfer.want.rendition);
    }
    around_.edges.failed(*transfer.edge, wrong, silent);
    session_->failed(transfer.want.number);
    remember(transfer);
    if (!transfer.data.empty()) tell(transfer);
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

void Download::seek(std::int64_t sample) {
    if (!session_) return;
    if (transfer_) {
        const auto transfer = transfer_;
        drop(*transfer);
    }
    session_->seek(sample);
    act();
}

void Download::finish(int exit, const std::string& why) {
    if (over_now_) return;
    over_now_ = true;
    retry_.stop();
    if (transfer_) {
        const auto transfer = transfer_;
        drop(*transfer);
    }
    around_.loop.post([this, exit, why, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) calls_.failed(exit, why);
    });
}

}  // namespace stretto::stream
