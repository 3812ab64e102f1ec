#include <algorithm>
#include <random>

#include "listen/download_parts.hpp"

namespace stretto::listen {
namespace {

constexpr double longest_pause_s = 2;  // between tries: a listener waits

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
    for (const auto& transfer : {early_, transfer_, begin_})
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
    edge_from_ = 0.1 + 0.8 * how.seed / 4294967296.0;
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
            last_rendition_ = i;
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
                tell(*transfer, used(*transfer));
            drop(*transfer);
            if (orders.silent) continue;
        }
        if (!orders.want) break;
        order(orders);
        // a rule that changes its mind does so later, not at once for ever
        if (transfer_) break;
        // it was kept here: decoding takes a while, in which sound goes out
        around_.loop.post([this, alive = std::weak_ptr{alive_}] {
            if (!alive.expired()) act();
        });
        break;
    }
    acting_ = false;
    if (over_now_) return;
    next_index();
    if (!transfer_) fetch_begin();
    if (session_->complete() || transfer_) return;
    if (now() - progressed_ > static_cast<double>(options_.patience.count()) && failures_ > 0)
        finish(around_.edges.all_wrong() ? EX_DATAERR : EX_TEMPFAIL,
               text("cannot get '", song_, "': ", why_.empty() ? "nobody sends anything" : why_));
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

}  // namespace stretto::listen
