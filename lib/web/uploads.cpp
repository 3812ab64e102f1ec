#include "web/uploads.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/range.hpp"
#include "peer/have.hpp"
#include "song/path.hpp"
#include "web/heads.hpp"

namespace stretto::web {
namespace {

using rtc::Frame;

constexpr std::size_t crumb = 1024;        // less costs more than it brings
constexpr std::size_t least_price = 4096;  // of a request that is not refused
// one who knows what we have is seldom refused
constexpr double most_refusals = 200, refusals_per_s = 20;
constexpr std::string_view busy = "Retry-After: 1\r\n";

}  // namespace

void Bucket::refill(double now) {
    // a burst of a fifth of a second, and one message at least
    const double full = std::max<double>(rtc::most_body_bytes, rate_ / 5);
    tokens_ = std::min(full, tokens_ + rate_ * std::max(0.0, now - filled_));
    filled_ = std::max(filled_, now);
}

void Bucket::owe(std::size_t bytes) {
    const auto most = 2 * std::max<double>(rtc::most_body_bytes, rate_);
    tokens_ = std::max(tokens_ - static_cast<double>(bytes), -most);
}

bool Bucket::is_overdrawn(double now) {
    refill(now);
    return tokens_ < -static_cast<double>(rtc::most_body_bytes);
}

std::size_t Bucket::take(std::size_t most, double now) {
    refill(now);
    if (tokens_ < 0) return 0;
    const auto n = std::min({most, rtc::most_body_bytes, static_cast<std::size_t>(tokens_)});
    if (n < std::min(most, crumb)) return 0;
    tokens_ -= static_cast<double>(n);
    return n;
}

double Bucket::wait() const {
    return std::max(0.0, std::min<double>(rtc::most_body_bytes, rate_ / 10) - tokens_) / rate_;
}

Result<bool> Uploads::take(const Frame& frame) {
    const auto found = std::ranges::find(open_, frame.request, &Upload::request);
    if (frame.kind != Frame::stop) return take_ask(frame);
    if (found == open_.end()) return true;  // it may have ended meanwhile
    if (found->here)
        open_.erase(found);
    else
        found->stopped = true;
    return true;
}

Result<bool> Uploads::take_ask(const Frame& frame) {
    if (std::ranges::find(open_, frame.request, &Upload::request) != open_.end())
        return Malformed{"it asks twice with one number"};
    auto request = parse_request_head(as_text(frame.bytes));
    if (!request) return request.error();
    if (request->method != "HEAD" && request->method != "GET")
        return refuse(frame.request, 405, "Allow: GET, HEAD\r\n");

    constexpr std::string_view songs = "/songs/";
    std::string_view target = request->target;
    const auto slash = target.find('/', songs.size());
    Upload upload;
    upload.request = frame.request;
    if (!target.starts_with(songs) || slash == target.npos) return refuse(frame.request, 404);
    upload.id = target.substr(songs.size(), slash - songs.size());
    upload.path = target.substr(slash + 1);
    const auto part = song::parse_part(upload.path);
    if (!part) return refuse(frame.request, 404);
    upload.kbps = part->kbps;
    constexpr std::string_view scheme = "Bearer ";
    const auto* shown = request->fields.find("authorization");
    if (shown && shown->starts_with(scheme)) upload.pass = shown->substr(scheme.size());
    return admit(std::move(upload), std::move(*request));
}

/// Begin it if its pass is right, which the browser may have to verify first.
Result<bool> Uploads::admit(Upload&& upload, http::Request&& request) {
    using Verdict = Passes::Verdict;
    const auto verdict =
        rules_.passes.of({upload.pass, peer_, upload.id, upload.kbps}, page_.utc_ms / 1000);
    if (verdict == Verdict::no) return refuse(upload.request, 403);
    if (verdict == Verdict::yes) return begin(std::move(upload), request);
    if (upload.pass.size() > 4 * swarm::most_pass_bytes) return refuse(upload.request, 403);
    if (open_.size() >= most) return refuse(upload.request, 503, busy);
    upload.number = page_.numbers++;
    upload.asked = std::move(request);
    open_.push_back(std::move(upload));
    page_.browser.verify(open_.back().number, rules_.passes.points(), open_.back().pass);
    return true;
}

Result<bool> Uploads::verified(int number, std::string_view header, std::string_view claims) {
    const auto found = std::ranges::find(open_, number, &Upload::number);
    if (found == open_.end()) return true;
    auto upload = std::move(*found);
    open_.erase(found);
    if (!header.empty()) rules_.passes.keep(upload.pass, header, claims);
    if (upload.stopped) return true;
    const auto verdict =
        rules_.passes.of({upload.pass, peer_, upload.id, upload.kbps}, page_.utc_ms / 1000);
    if (verdict != Passes::Verdict::yes) return refuse(upload.request, 403);
    const auto request = std::move(upload.asked);
    return begin(std::move(upload), request);
}

Result<bool> Uploads::begin(Upload&& upload, const http::Request& request) {
    if (!rules_.given.contains(upload.id)) return refuse(upload.request, 404);
    const bool head_only = request.method == "HEAD";
    const auto size = page_.shelf.bytes_of(upload.id, upload.path);
    const auto more = have(upload.id, upload.path);
    if (!size) return refuse(upload.request, 404, more);
    upload.size = upload.length = *size;
    if (const auto* range = request.fields.find("range")) {
        const auto wanted = http::wanted_range(*range, *size);
        if (wanted.kind == http::Wanted::unsatisfiable)
            return refuse(upload.request, 416, text("Content-Range: bytes */", *size, "\r\n"));
        upload.part = wanted.kind == http::Wanted::part;
        if (upload.part) upload.begin = wanted.range.first, upload.length = wanted.range.length;
    }
    const bool full = !head_only && (open_.size() >= most || rules_.urgent);
    if (full || bucket_.is_overdrawn(page_.now))
        return refuse(upload.request, 503, more + std::string{busy});
    if (head_only) return head(upload, true), true;
    // the browser reads the whole file
    if (upload.length < least_price) bucket_.owe(least_price - upload.length);
    upload.number = page_.numbers++;
    open_.push_back(std::move(upload));
    page_.browser.read(open_.back().number, song::song_path(open_.back().id, open_.back().path),
                       false);
    return true;
}

bool Uploads::has(int number) const {
    return std::ranges::any_of(open_, [&](const Upload& one) { return one.number == number; });
}

void Uploads::read(int number, std::optional<BytesView> bytes) {
    const auto found = std::ranges::find(open_, number, &Upload::number);
    if (found == open_.end()) return;
    auto& upload = *found;
    if (upload.stopped) {
        open_.erase(found);
        return;
    }
    if (!bytes || bytes->size() != upload.size) {  // the browser has dropped it
        page_.shelf.lost(upload.id, upload.path);
        (void)refuse(upload.request, 404, have(upload.id, upload.path));
        open_.erase(found);
        return;
    }
    head(upload, upload.length == 0);
    if (upload.length == 0) {
        open_.erase(found);
        return;
    }
    const auto part = bytes->subspan(upload.begin, upload.length);
    upload.bytes.assign(part.begin(), part.end());
    upload.here = true;
}

bool Uploads::waits() const noexcept { return std::ranges::any_of(open_, &Upload::here); }

std::size_t Uploads::fill() {
    for (std::size_t tries = open_.size(); tries > 0; --tries) {
        auto upload = std::move(open_.front());
        open_.pop_front();
        if (!upload.here) {
            open_.push_back(std::move(upload));
            continue;
        }
        const auto n = bucket_.take(upload.bytes.size() - upload.sent, page_.now);
        if (n == 0) {
            open_.push_front(std::move(upload));
            return 0;
        }
        const bool last = upload.sent + n == upload.bytes.size();
        const auto piece = BytesView{upload.bytes}.subspan(upload.sent, n);
        send_({Frame::body, last, upload.request, piece});
        upload.sent += n;
        if (!last) open_.push_back(std::move(upload));
        return n;
    }
    return 0;
}

/// Our chunks of the rendition that was asked for, so that peers need not ask in vain.
std::string Uploads::have(const std::string& id, const std::string& path) const {
    const auto part = song::parse_part(path);
    std::vector<bool> here;
    if (part)
        for (const auto k : page_.shelf.chunks(id, part->kbps)) {
            here.resize(std::max(here.size(), static_cast<std::size_t>(k) + 1));
            here[static_cast<std::size_t>(k)] = true;
        }
    if (here.empty()) return {};
    auto list = peer::print_have(here);
    constexpr std::size_t room = 1024;  // of a head
    if (list.size() > room) list.resize(list.rfind(',', room));
    return text("Stretto-Have: ", list, "\r\n");
}

/// Malformed: too many requests are refused.
Result<bool> Uploads::refuse(std::uint32_t request, int status, std::string_view fields) {
    const double forgotten = (page_.now - std::exchange(refused_at_, page_.now)) * refusals_per_s;
    refusals_ = std::max(0.0, refusals_ - forgotten) + 1;
    if (refusals_ > most_refusals) return Malformed{"it asks for too much that is refused"};
    send_head(request, true,
              text("HTTP/1.1 ", status, " ", http::reason(status), "\r\nContent-Length: 0\r\n",
                   fields, "\r\n"));
    return true;
}

void Uploads::send_head(std::uint32_t request, bool last, const std::string& head) {
    bucket_.owe(head.size());
    send_({Frame::head, last, request, as_bytes(head)});
}

void Uploads::head(const Upload& upload, bool last) {
    auto head = text("HTTP/1.1 ", upload.part ? "206 Partial Content" : "200 OK",
                     "\r\nContent-Length: ", upload.length, "\r\n", have(upload.id, upload.path));
    if (upload.part)
        head += text("Content-Range: ",
                     http::print_content_range({upload.begin, upload.length}, upload.size), "\r\n");
    send_head(upload.request, last, head + "\r\n");
}

}  // namespace stretto::web
