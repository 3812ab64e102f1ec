#include "rtc/relay.hpp"

#include <charconv>

namespace stretto::rtc {
namespace {

constexpr std::chrono::milliseconds open_time{5000}, first_byte_time{2000};
constexpr std::size_t few_bytes = 32 * 1024;  // waiting for the client: time to ask for more
constexpr std::string_view later = "Retry-After: 1\r\n";

std::string field(const http::Response& response, const char* name) {
    const auto* value = response.fields.find(name);
    return value ? *value : "";
}

std::optional<std::uint64_t> length_of(const http::Response& response) {
    const auto value = field(response, "Content-Length");
    std::uint64_t length = 0;
    const auto* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, length);
    return error == std::errc{} && stopped == end ? std::optional{length} : std::nullopt;
}

}  // namespace

/// What the server reads: its end, early or not, is the relay's.
class Relay::Reader : public http::Body {
   public:
    explicit Reader(std::shared_ptr<Relay> relay) : relay_(std::move(relay)) {}
    ~Reader() override { relay_->stop(); }
    State next(http::Slice& slice, const std::function<void()>& wake) override {
        return relay_->read(slice, wake);
    }

   private:
    std::shared_ptr<Relay> relay_;
};

Relay::Relay(net::Loop& loop, const http::Request& request, std::string target, http::Reply reply)
    : reply_(std::move(reply)), late_(loop, [this] { fail(504, "no answer in time"); }) {
    request_.method = request.method;
    request_.target = std::move(target);
    for (const auto* name : {"If-None-Match", "If-Modified-Since", "Authorization"})
        if (const auto* value = request.fields.find(name)) request_.fields.add(name, *value);
    // a Range of another form, or that holds under conditions, may be ignored (RFC 9110 14.2)
    const auto* range = request.fields.find("Range");
    if (range && request.method == "GET" && !request.fields.has("If-Range"))
        range_ = http::open_range(*range);
    if (range_ && range_->last && *range_->last < range_->first) range_.reset();
    if (range_) next_ = range_->first;
}

void Relay::start(Links& links, const std::string& peer) {
    const auto self = shared_from_this();
    reply_.when_gone([there = weak_from_this()] {
        if (const auto relay = there.lock()) relay->stop();
    });
    late_.once(open_time);
    links.open(peer, [self](const std::shared_ptr<Link>& link, int status, const std::string& why) {
        self->opened(link, status, why);
    });
}

void Relay::opened(const std::shared_ptr<Link>& link, int status, const std::string& why) {
    if (gone_ || replied_) return;
    if (!link) return fail(status, why, status == 503 ? std::string{later} : "");
    lease_ = link->lease();
    if (!lease_) return fail(503, "the peer is busy", std::string{later});
    link_ = link;
    late_.once(first_byte_time);
    ask();
}

std::uint64_t Relay::next_bytes() const {
    auto bytes = window;
    if (end_) bytes = std::min(bytes, *end_ - next_);
    if (range_ && range_->last) bytes = std::min(bytes, *range_->last - next_ + 1);
    return bytes;
}

http::Request Relay::next_request() const {
    auto request = request_;
    if (end_)  // it has begun: conditions are met
        for (const auto* name : {"If-None-Match", "If-Modified-Since"}) request.fields.remove(name);
    if (request.method == "GET")
        request.fields.add("Range", text("bytes=", next_, '-', next_ + next_bytes() - 1));
    return request;
}

void Relay::ask() {
    const auto link = link_.lock();
    if (!link || !link->is_open()) return on_end("the link is closed");
    asking_ = true;
    due_ = next_bytes();
    const auto self = shared_from_this();
    AskCalls calls;
    calls.head = [self](http::Response&& response) { self->on_head(std::move(response)); };
    calls.body = [self](BytesView bytes) { self->on_body(bytes); };
    calls.end = [self](const char* why) { self->on_end(why); };
    asked_ = link->asks().ask(next_request(), due_, std::move(calls));
}

void Relay::on_head(http::Response&& response) {
    late_.stop();
    const bool part = response.status == 206 && request_.method == "GET";
    if (part && !take_part(response))
        return fail(502, "the peer answers with other bytes than were asked for");
    if (replied_) {
        if (!part) fail(502, "the peer does not continue");
        return;
    }
    if (!part && (response.status != 200 || request_.method == "HEAD"))
        return reply_without_body(response);
    if (!part) {
        // all of it, from its beginning
        range_.reset();
        next_ = 0;
        end_ = due_ = length_of(response).value_or(0);
    }
    reply_with(response);
}

/// Whether this is the window that was asked for, of the same file as those before.
bool Relay::take_part(const http::Response& response) {
    const auto got = http::parse_content_range(field(response, "Content-Range"));
    if (!got || got->range.first != next_ || got->range.length > due_ || got->range.length == 0 ||
        length_of(response) != got->range.length)
        return false;
    if (end_) return got->range.length == due_ && field(response, "ETag") == etag_;
    etag_ = field(response, "ETag");
    end_ = got->size;
    if (range_ && range_->last) end_ = std::min(*end_, *range_->last + 1);
    // a window may only be shorter where the file ends
    if (got->range.length != std::min(due_, *end_ - next_)) return false;
    due_ = got->range.length;
    return true;
}

void Relay::reply_with(const http::Response& response) {
    replied_ = true;
    http::Outgoing out;
    out.status = range_ ? 206 : 200;
    out.length = *end_ - next_;
    auto fields = response.fields;
    fields.remove("Content-Range");
    out.fields = passed_fields(fields, most_head_bytes);
    if (range_) {
        const auto size = http::parse_content_range(field(response, "Content-Range"))->size;
        http::append_field(out.fields, "Content-Range",
                           http::print_content_range({next_, *end_ - next_}, size));
    }
    out.body = std::make_unique<Reader>(shared_from_this());
    reply_.send(std::move(out));
}

void Relay::reply_without_body(const http::Response& response) {
    replied_ = true;
    const bool error = response.status >= 400;
    auto fields = response.fields;
    if (error)
        for (const auto* name : {"Content-Type", "ETag", "Last-Modified", "Cache-Control"})
            fields.remove(name);
    auto passed = passed_fields(fields, most_head_bytes);
    if (error) return reply_.send(response.status, http::reason(response.status), passed);
    http::Outgoing out;
    out.status = response.status;
    out.fields = std::move(passed);
    out.length = length_of(response);
    reply_.send(std::move(out));
}

void Relay::on_body(BytesView bytes) {
    next_ += bytes.size();
    due_ -= bytes.size();
    queued_ += bytes.size();
    queue_.push_back(std::make_shared<const Bytes>(bytes.begin(), bytes.end()));
    wake();
}

void Relay::on_end(const char* why) {
    asking_ = false;
    if (why && !replied_) return fail(502, why);
    if (why || (end_ && due_ > 0)) failed_ = true;
    wake();
}

http::Body::State Relay::read(http::Slice& slice, const std::function<void()>& wake) {
    using State = http::Body::State;
    if (!queue_.empty()) {
        slice.bytes = *queue_.front();
        slice.owner = queue_.front();
        queued_ -= slice.bytes.size();
        queue_.pop_front();
    }
    if (!asking_ && !failed_ && next_ < *end_ && queued_ <= few_bytes) ask();
    if (slice.size() > 0) return State::ready;
    if (failed_) return State::broken;
    if (!asking_ && next_ == *end_) return State::end;
    wake_ = wake;
    return State::wait;
}

void Relay::wake() {
    if (const auto call = std::exchange(wake_, nullptr)) call();
}

void Relay::fail(int status, std::string_view why, std::string fields) {
    if (gone_ && !replied_) return;
    if (std::exchange(replied_, true)) {
        failed_ = true;
        return wake();
    }
    const auto self = shared_from_this();
    stop();
    reply_.send(status, why, std::move(fields));
}

/// The client has gone, or has all that it will get.
void Relay::stop() {
    gone_ = true;
    late_.stop();
    if (std::exchange(asking_, false))
        if (const auto link = link_.lock()) link->asks().stop(asked_);
    lease_.reset();
}

}  // namespace stretto::rtc
