#include "rtc/asks.hpp"

#include <charconv>

namespace stretto::rtc {
namespace {

constexpr std::size_t most_stopped = 64;

std::string print_head(const http::Request& request) {
    std::string head = text(request.method, ' ', request.target, " HTTP/1.1\r\nHost: peer\r\n");
    for (const auto& field : request.fields) head += text(field.name, ": ", field.value, "\r\n");
    return head += "\r\n";
}

std::optional<std::uint64_t> content_length(const http::Fields& fields) {
    const auto* value = fields.find("Content-Length");
    std::uint64_t length = 0;
    if (!value) return std::nullopt;
    const auto* end = value->data() + value->size();
    const auto [stopped, error] = std::from_chars(value->data(), end, length);
    return error == std::errc{} && stopped == end ? std::optional{length} : std::nullopt;
}

}  // namespace

std::uint32_t Asks::ask(const http::Request& request, std::uint64_t most_bytes, AskCalls calls) {
    const auto number = next_++;
    const bool head_only = request.method == "HEAD";
    open_.emplace(number, Ask{std::make_shared<AskCalls>(std::move(calls)), most_bytes, head_only});
    const auto head = print_head(request);
    send_({Frame::ask, false, number, as_bytes(head)});
    return number;
}

void Asks::stop(std::uint32_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    // what is on its way still comes
    stopped_.emplace(number, found->second.left);
    if (stopped_.size() > most_stopped) stopped_.erase(stopped_.begin());
    open_.erase(found);
    send_({Frame::stop, false, number, {}});
}

void Asks::end(const char* why) {
    for (auto& [number, ask] : std::exchange(open_, {})) ask.calls->end(why);
    stopped_.clear();
}

Result<bool> Asks::take(const Frame& frame) {
    const auto found = open_.find(frame.request);
    if (found == open_.end()) return take_late(frame);
    return frame.kind == Frame::head ? take_head(found, frame) : take_body(found, frame);
}

Result<bool> Asks::take_late(const Frame& frame) {
    const auto found = stopped_.find(frame.request);
    if (found == stopped_.end()) return Malformed{"it sends what nobody asked for"};
    if (frame.kind == Frame::body && frame.bytes.size() > found->second)
        return Malformed{"it sends more than was asked for"};
    if (frame.kind == Frame::body) found->second -= frame.bytes.size();
    if (frame.last) stopped_.erase(found);
    return true;
}

Result<bool> Asks::take_head(Open::iterator at, const Frame& frame) {
    auto& ask = at->second;
    if (std::exchange(ask.headed, true)) return Malformed{"it answers twice"};
    auto head = read_head_(as_text(frame.bytes));
    if (!head || head->status < 200) return Malformed{"its answer is not HTTP"};
    const auto calls = ask.calls;
    if (frame.last) {
        calls->head(std::move(*head));
        finish(frame.request, *calls, nullptr);
        return true;
    }
    const auto length = content_length(head->fields);
    if (!length || ask.head_only) return Malformed{"its answer has no length"};
    if (*length > ask.left) return Malformed{"it answers with more than was asked for"};
    ask.left = *length;
    calls->head(std::move(*head));
    return true;
}

Result<bool> Asks::take_body(Open::iterator at, const Frame& frame) {
    auto& ask = at->second;
    if (!ask.headed) return Malformed{"a body without a head"};
    if (frame.bytes.size() > ask.left) return Malformed{"it sends more than it said"};
    ask.left -= frame.bytes.size();
    const char* const why = ask.left == 0 ? nullptr : "the rest will not come";
    const auto calls = ask.calls;
    if (!frame.bytes.empty()) calls->body(frame.bytes);
    if (frame.last) finish(frame.request, *calls, why);
    return true;
}

/// Its last message has come; a call of its own may have stopped it.
void Asks::finish(std::uint32_t number, const AskCalls& calls, const char* why) {
    if (open_.erase(number) > 0)
        calls.end(why);
    else
        stopped_.erase(number);
}

}  // namespace stretto::rtc
