#include "rtc/answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/parser.hpp"
#include "http/server.hpp"
#include "http/token.hpp"
#include "song/id.hpp"
#include "song/path.hpp"

namespace stretto::rtc {
namespace {

constexpr std::size_t most_waiting_bytes = 65536;  // of one body, between the server and us
constexpr std::string_view busy = "Retry-After: 1\r\n";

// the most important first
constexpr std::array response_fields{"Content-Range", "Content-Type",  "ETag",
                                     "Retry-After",   "Accept-Ranges", "Last-Modified",
                                     "Cache-Control", "Stretto-Have",  "Repr-Digest"};
constexpr std::array request_fields{"Range", "If-Range", "If-None-Match", "If-Modified-Since"};

std::string print_head(int status, std::string_view fields) {
    return text("HTTP/1.1 ", status, ' ', http::reason(status), "\r\n", fields, "\r\n");
}

bool is_song_path(const std::string& target) {
    const auto parsed = http::parse_target(target);
    return parsed && parsed->path.starts_with("/songs/");
}

/// What `target` names, as we print it; written otherwise it is nothing that a pass is for.
Wanted wanted_by(std::string_view target, std::string pass) {
    constexpr std::string_view songs = "/songs/";
    const auto slash = target.find('/', songs.size());
    if (!target.starts_with(songs) || slash == target.npos) return {std::move(pass), "", 0};
    const auto id = target.substr(songs.size(), slash - songs.size());
    const auto part = song::parse_part(std::string{target.substr(slash + 1)});
    if (!part || !song::is_id(id)) return {std::move(pass), "", 0};
    return {std::move(pass), std::string{id}, part->kbps};
}

/// 0, or why nobody could answer it.
int read_request(BytesView bytes, http::Request& request) {
    http::RequestParser parser;
    if (parser.read(bytes) != http::RequestParser::Step::head || parser.has_body()) return 400;
    request = parser.take_request();
    if (parser.read(bytes) != http::RequestParser::Step::done || !bytes.empty()) return 400;
    if (request.method != "GET" && request.method != "HEAD") return 405;
    return 0;
}

}  // namespace

std::string passed_fields(const http::Fields& fields, std::size_t room) {
    std::string all;
    for (const auto* name : response_fields) {
        const auto* value = fields.find(name);
        if (!value) continue;
        std::string line;
        http::append_field(line, name, *value);
        if (all.size() + line.size() <= room) all += line;
    }
    return all;
}

struct Answers::Answer {
    std::uint32_t number = 0;
    bool head_only = false, headed = false, ended = false;
    bool done = false;  ///< all is said; what the server still sends is read and thrown away
    Bytes waiting;
    std::uint64_t left = 0;  ///< bytes of the body that the server still owes
    std::size_t thrown = 0;
    bool paused = false;
    std::unique_ptr<http::Fetch> fetch;
};

Result<bool> Answers::take(const Frame& frame) {
    const auto found =
        std::ranges::find(open_, frame.request, [](const Owned& one) { return one->number; });
    if (frame.kind == Frame::stop) {
        if (found != open_.end()) open_.erase(found);
        return true;  // it may have ended meanwhile
    }
    if (found != open_.end()) return Malformed{"it asks twice with one number"};
    http::Request request;
    if (const int wrong = read_request(frame.bytes, request); wrong == 400)
        return Malformed{"it asks for what is not HTTP"};
    else if (wrong != 0)
        return refuse(frame.request, wrong, "Allow: GET, HEAD\r\n"), true;
    auto carried = http::take_token(request);
    if (!is_song_path(request.target)) return refuse(frame.request, 404), true;
    if (provider_.refuse)
        if (const auto status =
                provider_.refuse(peer_, wanted_by(request.target, std::move(carried.token))))
            return refuse(frame.request, *status, *status == 503 ? busy : ""), true;
    if (open_.size() >= most) return refuse(frame.request, 503, busy), true;
    pass_on(frame.request, request);
    return true;
}

void Answers::refuse(std::uint32_t number, int status, std::string_view fields) {
    const auto head = print_head(status, text("Content-Length: 0\r\n", fields));
    send_({Frame::head, true, number, as_bytes(head)});
}

void Answers::pass_on(std::uint32_t number, const http::Request& request) {
    auto answer = std::make_shared<Answer>();
    answer->number = number;
    answer->head_only = request.method == "HEAD";
    http::Request passed;
    passed.method = request.method;
    passed.target = request.target;
    for (const auto* name : request_fields)
        if (const auto* value = request.fields.find(name)) passed.fields.add(name, *value);
    http::authorize(passed, provider_.token);
    http::FetchCalls calls;
    // the fetch is the answer's own, and ends with it
    auto* it = answer.get();
    calls.head =
        life_.guard([this, it](http::Response&& response) { on_head(*it, std::move(response)); });
    calls.data = life_.guard([this, it](BytesView bytes) { return on_data(*it, bytes); });
    calls.end = life_.guard([this, it](const http::Failure* failure) { on_end(*it, failure); });
    open_.push_back(answer);
    answer->fetch = provider_.upstream.fetch(passed, {}, std::move(calls));
}

void Answers::remove(const Answer& answer) {
    std::erase_if(open_, [&](const Owned& one) { return one.get() == &answer; });
}

void Answers::on_head(Answer& answer, http::Response&& response) {
    const auto number = answer.number;
    const bool whole = response.status == 200, part = response.status == 206;
    const auto* length = response.fields.find("Content-Length");
    std::string framing = "Content-Length: 0\r\n";
    if (whole || part) {
        std::uint64_t bytes = 0;
        const auto* end = length ? length->data() + length->size() : nullptr;
        if (!length || std::from_chars(length->data(), end, bytes).ptr != end) {
            refuse(number, 502);
            return remove(answer);
        }
        framing = text("Content-Length: ", bytes, "\r\n");
        answer.left = answer.head_only ? 0 : bytes;
    }
    // a status line, the length and a blank line fit into what is left
    constexpr std::size_t beside_fields = 128;
    const auto head = print_head(
        response.status, framing + passed_fields(response.fields, most_head_bytes - beside_fields));
    const bool last = answer.left == 0;
    answer.headed = true;
    send_({Frame::head, last, number, as_bytes(head)});
    answer.done = last;  // pages for people stay here
}

bool Answers::on_data(Answer& answer, BytesView bytes) {
    if (answer.done) {
        answer.thrown += bytes.size();
        if (answer.thrown > most_waiting_bytes) remove(answer);
        return true;
    }
    if (answer.waiting.size() >= most_waiting_bytes) {
        answer.paused = true;
        return false;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), answer.left));
    append(answer.waiting, bytes.first(n));
    answer.left -= n;
    ready_();
    return true;
}

void Answers::on_end(Answer& answer, const http::Failure* failure) {
    answer.ended = true;
    if (!answer.headed) {
        refuse(answer.number, failure && failure->timed_out() ? 504 : 502);
        return remove(answer);
    }
    if (answer.done) return remove(answer);
    ready_();
}

bool Answers::fill(bool in_part) {
    for (std::size_t tries = open_.size(); tries > 0; --tries) {
        const auto answer = open_.front();
        open_.pop_front();
        const auto n = std::min(answer->waiting.size(), most_body_bytes);
        const bool is_next = answer->ended || n == most_body_bytes || (in_part && n > 0);
        if (answer->done || !is_next) {
            open_.push_back(answer);
            continue;
        }
        const bool last = answer->ended && n == answer->waiting.size();
        send_({Frame::body, last, answer->number, BytesView{answer->waiting}.first(n)});
        sent_ += n;
        if (last) return true;
        answer->waiting.erase(answer->waiting.begin(),
                              answer->waiting.begin() + static_cast<std::ptrdiff_t>(n));
        open_.push_back(answer);
        if (std::exchange(answer->paused, false) && answer->fetch) answer->fetch->resume();
        return true;
    }
    return false;
}

}  // namespace stretto::rtc
