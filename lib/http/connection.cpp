#include "http/connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/note.hpp"
#include "http/forwarded.hpp"
#include "http/proxy_protocol.hpp"

namespace stretto::http {
namespace {

constexpr std::uint64_t progress_bytes = 4096;  // progress that counts as an active client
constexpr std::uint64_t turn_bytes = 1u << 20;  // for one client before others are served
// from this size on, a response is used to measure the client's rate, but seldom: asking the kernel
// costs as much as sending
constexpr std::uint64_t told_bytes = 64u << 10, told_again_ms = 1000;

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string hex_size(std::uint64_t n) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    return {digits.data(), end};
}

}  // namespace

Connection::Connection(Server& server, File socket, const net::Address& peer,
                       const Certificates* certificates)
    : server_(server),
      peer_(peer),
      trusted_(server.shared_.proxies.contain(peer)),
      preface_due_(trusted_),
      channel_(std::move(socket), server.buffers_),
      certificates_(certificates) {
    began_ms_ = server_.loop_.now_ms();
    give(server_.limits_.head_time);
    if (certificates_) handshake_ = server_.handshakes_.insert(server_.handshakes_.end(), this);
}

Connection::~Connection() {
    handshake_over();
    h2_.reset();  // which may call us
}

/// Answer a client whose request arrives with its connection at once, which saves eight of 13
/// system calls.
void Connection::start() {
    const auto self = shared_from_this();
    read();
    if (state_ == State::reading) await_client();
}

void Connection::want(int events) {
    if (!poll_ && events == net::Poll::none) return;
    try {
        if (!poll_)
            poll_.emplace(server_.loop_, channel_.fd(), [this](int ready) { on_event(ready); });
    } catch (const std::exception&) {  // out of memory or descriptors
        return close();
    }
    poll_->want(events);
}

/// Send messages of TLS itself first, so that a client that does not read them cannot make us
/// buffer more and more.
void Connection::await_client() {
    if (channel_.waiting()) return want(net::Poll::writable);
    want(net::Poll::readable |
         (multiplexes() && h2_->wants_to_send() ? net::Poll::writable : net::Poll::none));
}

void Connection::give(std::chrono::milliseconds time) {
    deadline_ms_ = server_.loop_.now_ms() + static_cast<std::uint64_t>(time.count());
}

net::Loop& Connection::loop() noexcept { return server_.loop_; }

void Connection::on_event(int events) {
    const auto self = shared_from_this();  // what follows may close us
    if (multiplexes()) return on_frames(events);
    switch (state_) {
        case State::reading:
        case State::lingering:
            if (channel_.waiting()) {
                const auto sent = flush();
                if (sent == Sent::failed) return close();
                if (sent == Sent::all && state_ == State::lingering)
                    ::shutdown(channel_.fd(), SHUT_WR);
                await_client();
                if (sent == Sent::blocked) break;
            }
            read();
            break;
        case State::writing:
            write();
            break;
        case State::waiting:
            if (gone_ && (events & net::Poll::gone)) client_ended();
            break;
        case State::closed:
            break;
    }
}

/// A client that closed its connection looks like one that has shut down only its sending side
/// (RFC 9112 9.6). Its request is therefore cancelled if it takes longer than a moment.
void Connection::client_ended() {
    char byte;
    const bool reset = ::recv(channel_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
                       errno != EAGAIN && errno != EINTR;
    if (reset) return close();
    want(net::Poll::none);
    give(server_.limits_.half_closed_time);
}

void Connection::when_gone(std::uint64_t number, std::function<void()> call) {
    if (h2_) return h2_->when_gone(number, std::move(call));
    if (over(number)) return;
    gone_ = std::make_unique<std::function<void()>>(std::move(call));
    want(net::Poll::gone);
}

void Connection::read() {
    BytesView bytes;
    switch (channel_.receive(bytes)) {
        case Channel::Got::nothing:
            return;
        case Channel::Got::end:
            return close();
        case Channel::Got::bytes:
            break;
    }
    if (state_ == State::lingering) {
        progress_ += bytes.size();
        if (progress_ > turn_bytes) close();
        return;
    }
    if (!preface_due_) return take(bytes);
    if (pending_.empty()) give(server_.limits_.head_time);
    append(pending_, bytes);
    const Bytes all = std::exchange(pending_, {});
    bytes = all;
    if (take_preface(bytes))
        take(bytes);
    else if (state_ != State::closed)
        pending_ = all;
}

/// Bytes read from the connection, encrypted if it uses TLS.
void Connection::take(BytesView bytes) {
    if ((certificates_ || channel_.secure()) && !open(bytes)) return;
    if (bytes.empty()) return;
    if (h2_) {
        h2_->take(bytes);
        return write_frames();
    }
    if (upload_) {
        progress_ += bytes.size();
        if (progress_ >= progress_bytes) {
            progress_ = 0;
            give(server_.limits_.stall_time);
        }
    } else if (pending_.empty()) {
        give(server_.limits_.head_time);
    }
    if (pending_.empty()) return parse(bytes);
    append(pending_, bytes);
    parse(std::exchange(pending_, {}));
}

/// @return false if there is nothing to parse: no TLS record, or an unacceptable one
bool Connection::open(BytesView& bytes) {
    if (bytes.empty() || (certificates_ && !begin_tls(bytes))) return false;
    const bool known = channel_.ready();
    const bool good = channel_.open(bytes, bytes);
    if (channel_.waiting() && flush() == Sent::failed) {
        close();
        return false;
    }
    auto& counters = server_.shared_.counters;
    if (!known && channel_.ready()) {
        handshake_over();
        counters.handshakes.fetch_add(1, std::memory_order_relaxed);
        if (channel_.resumed()) counters.resumed.fetch_add(1, std::memory_order_relaxed);
        give(server_.limits_.head_time);
        if (channel_.http2()) begin_h2();
        if (state_ == State::closed) return false;
    }
    if (!good) {
        auto& count = known ? counters.bad_requests : counters.failed_handshakes;
        count.fetch_add(1, std::memory_order_relaxed);
        close();
        return false;
    }
    if (bytes.empty() && channel_.ended()) {
        linger();
        return false;
    }
    if (channel_.waiting()) await_client();
    return true;
}

/// Allocate memory for TLS only when a client begins a handshake.
/// @return false: the client does not use TLS, and has got a response that says so
bool Connection::begin_tls(BytesView bytes) {
    const auto* certificates = std::exchange(certificates_, nullptr);
    if (bytes[0] >= 'A' && bytes[0] <= 'Z') {
        handshake_over();
        refuse(400, "this port speaks TLS: the URL begins with https://");
        return false;
    }
    try {
        channel_.secure(*certificates);
    } catch (const std::exception& failure) {
        note(failure.what());
        close();
        return false;
    }
    return true;
}

void Connection::handshake_over() {
    if (handshake_) server_.handshakes_.erase(*handshake_);
    handshake_.reset();
}

/// Read the PROXY protocol of a trusted TCP proxy, which names the client.
/// @return false if requests cannot be read yet, or not at all
bool Connection::take_preface(BytesView& bytes) {
    const auto preface = read_proxy_preface(bytes);
    switch (preface.step) {
        case ProxyPreface::need_more:
            return false;
        case ProxyPreface::bad:
            note_bad_request();
            close();
            return false;
        case ProxyPreface::absent:
            break;
        case ProxyPreface::whole:
            bytes = bytes.subspan(preface.size);
            relayed_ = true;
            if (!preface.client) break;
            peer_ = *preface.client;
            trusted_ = server_.shared_.proxies.contain(peer_);
    }
    preface_due_ = false;
    return true;
}

/// Handle the requests in `bytes` one after the other; incomplete bytes wait in pending_.
void Connection::parse(BytesView bytes) {
    if (!take_h2_preface(bytes)) return;
    parsing_ = true;
    const std::uint64_t number = number_;
    // the end of a body may be known without further bytes
    while (state_ == State::reading && (upload_ || !bytes.empty()) && parse_step(bytes)) {
    }
    parsing_ = false;
    if (state_ == State::closed || state_ == State::lingering) return;
    pending_.assign(bytes.begin(), bytes.end());
    if (pending_.empty())
        pending_ = {};
    else if (state_ == State::reading && number != number_)
        give(server_.limits_.head_time);  // these are the first bytes of the next request
}

/// @return false if more bytes are needed
bool Connection::parse_step(BytesView& bytes) {
    auto& parser = upload_ ? upload_->parser : server_.parser_;
    switch (parser.read(bytes)) {
        case RequestParser::Step::need_more:
            return false;
        case RequestParser::Step::bad: {
            const BadRequest bad = parser.bad();
            server_.parser_ = RequestParser{};
            refuse(bad.status, bad.why);
            return false;
        }
        case RequestParser::Step::head:
            return take_head();
        case RequestParser::Step::body:
            if (upload_->incoming.body.size() + parser.body().size() > server_.limits_.body_bytes) {
                refuse(413, "the body is too large");
                return false;
            }
            if (!take(upload_->share, Budgets::Of::uploads, answer_.get(), parser.body().size())) {
                refuse(503, too_many_uploads);
                return false;
            }
            append(upload_->incoming.body, parser.body());
            return true;
        case RequestParser::Step::done:
            if (upload_) {
                auto upload = std::move(upload_);
                dispatch(std::move(upload->incoming));
            }
            return true;
    }
    return false;
}

/// The head of a request has arrived. With a body it becomes an upload; without, it is handled.
bool Connection::take_head() {
    auto& parser = server_.parser_;
    says_last_ = !parser.keep_alive();
    keep_alive_ = !says_last_ && !server_.draining_;
    head_only_ = parser.request().method == "HEAD";
    minor_ = parser.request().minor;
    began_ms_ = server_.loop_.now_ms();
    Incoming incoming{parser.take_request(), {}, peer_};
    answer_ = std::make_unique<Answer>();
    note_request(*answer_, incoming.request);
    if (!parser.has_body()) {
        dispatch(std::move(incoming));
        return true;
    }
    if (parser.content_length().value_or(0) > server_.limits_.body_bytes) {
        server_.parser_ = RequestParser{};
        refuse(413, "the body is too large");
        return false;
    }
    const auto* expect = incoming.request.fields.find("Expect");
    const bool asks = expect && same_token(*expect, "100-continue");
    if (expect && !asks) {
        server_.parser_ = RequestParser{};
        refuse(417, "unknown expectation");
        return false;
    }
    if (asks && minor_ > 0) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        // the socket buffer is empty, so this is sent, unless the client has gone
        const auto sent = channel_.send(as_bytes(go_on), {}, false);
        if (sent.sent != Sent::all) {
            server_.parser_ = RequestParser{};
            close();
            return false;
        }
    }
    upload_ = std::make_unique<Upload>(Upload{std::move(parser), std::move(incoming)});
    server_.parser_ = RequestParser{};
    progress_ = 0;
    return true;
}

void Connection::dispatch(Incoming&& incoming) {
    ++number_;
    replied_ = false;
    answer_->asked = std::chrono::steady_clock::now();
    state_ = State::waiting;
    deadline_ms_ = UINT64_MAX;  // the handler has time limits of its own
    pass_on(*answer_, std::move(incoming), number_);
    if (state_ == State::waiting && !gone_) want(net::Poll::none);
}

void Connection::note_request(Exchange& exchange, const Request& request) {
    if (!server_.shared_.log.enabled()) return;
    const auto* referer = request.fields.find("Referer");
    const auto* agent = request.fields.find("User-Agent");
    exchange.logged = std::make_unique<Exchange::Logged>(
        Exchange::Logged{request.method, request.target, referer ? *referer : "",
                         agent ? *agent : "", session_of(request.fields), via_of(request.fields)});
}

/// To the handler, if the client may ask it.
void Connection::pass_on(Exchange& exchange, Incoming&& incoming, std::uint64_t number) {
    server_.shared_.counters.requests.fetch_add(1, std::memory_order_relaxed);
    Reply reply{shared_from_this(), number};
    auto& limiter = server_.shared_.limiter;
    if (const auto why = name_client(exchange, incoming)) {
        note_bad_request();
        reply.send(400, *why, "Cache-Control: no-store\r\n");
    } else if (!server_.shared_.allows(client(exchange))) {  // of a proxy
        server_.shared_.counters.not_allowed.fetch_add(1, std::memory_order_relaxed);
        reply.send(403, "not from there", "Cache-Control: no-store\r\n");
    } else if (limiter.enabled() &&
               !limiter.admit(client(exchange).source(), server_.loop_.now_ms())) {
        server_.shared_.counters.limited.fetch_add(1, std::memory_order_relaxed);
        reply.send(429, "too many requests", "Retry-After: 1\r\n");
    } else {
        try {
            server_.handler_.handle(std::move(incoming), reply);
        } catch (const std::exception& failure) {
            // a failure for one client, such as a full descriptor table, must not end the server
            note(failure.what());
            reply.send(503, "not now", "Retry-After: 1\r\nCache-Control: no-store\r\n");
        }
    }
}

/// Behind a trusted proxy: for whom it asks. @return  why that is not known
std::optional<std::string> Connection::name_client(Exchange& exchange, Incoming& incoming) {
    if (!trusted_) return {};
    const auto behind = client_behind(peer_, incoming.request.fields, server_.shared_.proxies);
    if (!behind) return behind.error().why;
    if (!*behind) return {};
    exchange.client = std::make_unique<net::Address>(**behind);
    incoming.peer = *exchange.client;
    incoming.told = true;
    return {};
}

/// For whom a trusted proxy asks is known only when its request is whole.
bool Connection::take(Budget::Share& share, Budgets::Of of, const Exchange* exchange,
                      std::size_t bytes) {
    return share.grow(server_.shared_.budgets[of], bytes, [&] {
        const bool told = exchange && exchange->client;
        if (trusted_ && !told) return std::string{};
        return told ? exchange->client->source() : net::Address{peer_}.source();
    });
}

/// Answer an invalid request, and close, because the start of the next request is unknown.
void Connection::refuse(int status, std::string_view why) {
    upload_.reset();
    pending_ = {};
    keep_alive_ = says_last_ = false;
    note_bad_request();
    if (!answer_) answer_ = std::make_unique<Answer>();
    ++number_;
    replied_ = false;
    state_ = State::waiting;
    Reply{shared_from_this(), number_}.send(status, why);
}

void Connection::note_bad_request() {
    server_.shared_.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
}

void Connection::note_broken() {
    server_.shared_.counters.broken.fetch_add(1, std::memory_order_relaxed);
}

void Connection::timed_out() {
    const auto self = shared_from_this();
    if (multiplexes() && deadline_ms_ > now_ms()) {
        server_.shared_.counters.timed_out.fetch_add(static_cast<std::uint64_t>(h2_->expire()),
                                                     std::memory_order_relaxed);
        return write_frames();
    }
    if (state_ == State::waiting) return close();
    server_.shared_.counters.timed_out.fetch_add(1, std::memory_order_relaxed);
    if (state_ == State::reading && (upload_ || !pending_.empty()))
        refuse(408, "the request did not come in time");
    else
        close();
}

void Connection::send(std::uint64_t number, Outgoing&& response) {
    if (h2_) return h2_->send(number, std::move(response));
    if (over(number)) return;
    if (response.body &&
        !take(answer_->share, Budgets::Of::responses, answer_.get(), response.body->held()))
        response = busy_answer();
    replied_ = true;
    if (std::exchange(gone_, nullptr)) deadline_ms_ = UINT64_MAX;
    const bool bodiless = has_no_body(response.status);
    note_response(*answer_, response);
    broken_ = false;
    chunked_ = !response.length && !bodiless && minor_ > 0;
    if (!response.length && !bodiless && minor_ == 0) keep_alive_ = false;
    if (server_.draining_) keep_alive_ = false;
    answer_->left = response.length;
    if (!head_only_ && !bodiless) answer_->body = std::move(response.body);
    if (!answer_->body) answer_->left = 0;

    answer_->text.reserve(answer_->text.size() + 128 + response.fields.size());
    answer_->text += "HTTP/1.1 ";
    answer_->text += std::to_string(response.status);
    answer_->text += ' ';
    answer_->text += reason(response.status);
    answer_->text += "\r\n";
    if (!response.dated) answer_->text.append("Date: ").append(server_.date()).append("\r\n");
    answer_->text += response.fields;
    if (chunked_) {
        answer_->text += "Transfer-Encoding: chunked\r\n";
    } else if (response.length && response.status >= 200 && response.status != 204) {
        if (response.status != 304 || *response.length != 0)
            append_field(answer_->text, "Content-Length", std::to_string(*response.length));
    }
    if (!keep_alive_)
        answer_->text += "Connection: close\r\n";
    else if (minor_ == 0)
        answer_->text += "Connection: keep-alive\r\n";
    answer_->text += "\r\n";
    if (head_only_ || bodiless) chunked_ = false;

    state_ = State::writing;
    progress_ = 0;
    give(server_.limits_.send_time);
    write();
}

void Connection::note_response(Exchange& exchange, const Outgoing& response) {
    auto& counters = server_.shared_.counters;
    if (!exchange.logged && server_.shared_.log.enabled())  // it could not be read
        exchange.logged = std::make_unique<Exchange::Logged>();
    exchange.status = response.status;
    exchange.cache = response.cache;
    exchange.body_sent = 0;
    if (exchange.asked != std::chrono::steady_clock::time_point{})
        counters.first_byte[exchange.cache == "HIT"    ? 0
                            : exchange.cache == "MISS" ? 1
                                                       : 2]
            .note(std::chrono::steady_clock::now() - std::exchange(exchange.asked, {}));
    counters.by_class[std::clamp(response.status / 100, 1, 5)].fetch_add(1,
                                                                         std::memory_order_relaxed);
}

void Connection::interim(std::uint64_t number, const Response& response) {
    if (h2_) return h2_->interim(number, response);
    if (over(number) || minor_ == 0 || response.status < 100 || response.status > 199) return;
    answer_->text += print_head(response);
    send_text(false);  // the rest is sent before the final response
}

void Connection::count_sent(std::uint64_t n) {
    progress_ += n;
    server_.shared_.counters.bytes_sent.fetch_add(n, std::memory_order_relaxed);
    if (progress_ < progress_bytes) return;
    progress_ = 0;
    give(server_.limits_.send_time);
}

Connection::Sent Connection::flush() {
    const auto done = channel_.flush();
    count_sent(done.wire);
    return done.sent;
}

Connection::Sent Connection::send_text(bool more_follows) {
    while (answer_->text_sent < answer_->text.size()) {
        const auto done =
            channel_.send(as_bytes(answer_->text).subspan(answer_->text_sent), {}, more_follows);
        count_sent(done.wire);
        answer_->text_sent += done.taken;
        if (answer_->text_sent < answer_->text.size() && done.taken > 0 &&
            done.sent != Sent::failed)
            continue;
        if (done.sent != Sent::all) return done.sent;
    }
    answer_->text.clear();
    answer_->text_sent = 0;
    return Sent::all;
}

/// Send the text and the slice in one call. The end of a last response leaves with the end of the
/// connection, in one segment instead of two.
Connection::Sent Connection::send_slice() {
    const auto head = as_bytes(answer_->text).subspan(answer_->text_sent);
    const bool ends = !keep_alive_ && answer_->left == 0U;
    const auto done = answer_->slice.fd >= 0 ? channel_.send_file(head, answer_->slice)
                                             : channel_.send(head, answer_->slice.bytes, ends);
    count_sent(done.wire);
    const auto of_head = std::min(head.size(), done.taken);
    answer_->text_sent += of_head;
    if (answer_->text_sent == answer_->text.size()) {
        answer_->text.clear();
        answer_->text_sent = 0;
    }
    answer_->slice.consume(done.taken - of_head);
    answer_->body_sent += done.taken - of_head;
    if (done.sent != Sent::cut) return done.sent;
    broken_ = true;
    return Sent::failed;
}

Body::State Connection::ask_body(const std::function<void()>& wake) {
    try {
        return answer_->body->next(answer_->slice, wake);
    } catch (const std::exception& failure) {
        note(failure.what());
        return Body::State::broken;
    }
}

/// Get more bytes from the body, and add the framing.
Connection::Next Connection::next_slice() {
    if (answer_->slice_ends_chunk) {
        answer_->text += "\r\n";
        answer_->slice_ends_chunk = false;
    }
    if (!answer_->body) return Next::nothing;
    if (answer_->left && *answer_->left == 0) {
        answer_->body.reset();
        return Next::nothing;
    }
    const auto wake = [self = weak_from_this(), number = number_] {
        const auto alive = self.lock();
        if (alive && alive->number_ == number && alive->state_ == State::writing) alive->write();
    };
    answer_->slice = {};
    switch (ask_body(wake)) {
        case Body::State::ready:
            break;
        case Body::State::wait:
            return Next::wait;
        case Body::State::broken:
            return Next::broken;
        case Body::State::end:
            if (answer_->left) return Next::broken;  // shorter than announced
            answer_->body.reset();
            if (chunked_) answer_->text += "0\r\n\r\n";
            return Next::nothing;
    }
    if (answer_->left) {
        if (answer_->slice.size() > *answer_->left) {
            if (answer_->slice.fd >= 0)
                answer_->slice.length = *answer_->left;
            else
                answer_->slice.bytes = answer_->slice.bytes.first(*answer_->left);
        }
        *answer_->left -= answer_->slice.size();
    }
    if (chunked_) {
        answer_->text.append(hex_size(answer_->slice.size())).append("\r\n");
        answer_->slice_ends_chunk = true;
    }
    return Next::slice;
}

void Connection::write() {
    if (in_write_) return;  // the body called wake() within next()
    const auto self = shared_from_this();
    in_write_ = true;
    const std::uint64_t first = answer_->body_sent;
    Sent sent = flush();
    while (sent == Sent::all && state_ == State::writing) {
        if (answer_->slice.size() == 0) {
            const Next next = next_slice();
            if (next == Next::broken) {
                broken_ = true;
                send_text(false);
                sent = Sent::failed;
                break;
            }
            if (next != Next::slice) {
                sent = send_text(next == Next::nothing && !keep_alive_);
                if (sent != Sent::all) break;
                if (next == Next::nothing) {
                    in_write_ = false;
                    return finish_response();
                }
                in_write_ = false;
                want(net::Poll::none);
                deadline_ms_ = UINT64_MAX;  // the client is not the cause of the delay
                return;
            }
        }
        sent = send_slice();
        if (sent == Sent::all && answer_->body_sent - first >= turn_bytes && answer_->body)
            sent = Sent::blocked;
    }
    in_write_ = false;
    if (sent == Sent::failed) {
        if (broken_) note_broken();
        return close();
    }
    if (deadline_ms_ == UINT64_MAX) {
        progress_ = 0;
        give(server_.limits_.send_time);
    }
    want(net::Poll::writable);
}

void Connection::log_response() {
    answer_->began_ms = began_ms_;
    ended(*answer_);
}

/// A response is sent, or its client has left before.
void Connection::ended(const Exchange& exchange) {
    const std::uint64_t now = now_ms();
    if (h2_) began_ms_ = now;
    if (const auto* logged = exchange.logged.get())
        server_.lines_.add(
            client(exchange),
            {logged->method, logged->target, logged->referer, logged->agent, exchange.cache,
             h2_ ? 2 : 1, minor_, exchange.status, exchange.body_sent, now - exchange.began_ms,
             logged->session, logged->via});
    // the rate to a proxy is of no use
    if (exchange.client || relayed_ || exchange.body_sent < told_bytes ||
        now - told_ms_ < told_again_ms)
        return;
    told_ms_ = now;
    if (const double rate = net::delivery_rate(channel_.fd()); rate > 0)
        server_.handler_.delivered(peer_, rate);
}

void Connection::finish_response() {
    log_response();
    answer_.reset();
    if (!keep_alive_ || channel_.ended()) return linger();
    state_ = State::reading;
    began_ms_ = server_.loop_.now_ms();
    give(server_.limits_.idle_time);
    await_client();
    // the next request may have arrived already; within parse(), its loop handles it
    if (!parsing_ && !pending_.empty()) {
        give(server_.limits_.head_time);
        const Bytes bytes = std::exchange(pending_, {});
        parse(bytes);
    }
    if (!parsing_ && server_.draining_ && idle()) drain();
}

// ---- HTTP/2

/// A client that knows that we speak HTTP/2 begins with it also without TLS (RFC 9113 3.3); in TLS
/// it is agreed on.
/// @return false: there is nothing for HTTP/1, or not yet
bool Connection::take_h2_preface(BytesView& bytes) {
    constexpr std::size_t least = 4;  // "PRI " is no method of HTTP/1
    if (number_ > 0 || upload_ || channel_.secure() || bytes.size() < least ||
        bytes[0] != Http2::preface[0])
        return true;
    const auto begins = std::min(bytes.size(), Http2::preface.size());
    if (as_text(bytes.first(begins)) != Http2::preface.substr(0, begins)) return true;
    if (begins < Http2::preface.size()) {
        pending_.assign(bytes.begin(), bytes.end());
        return false;
    }
    pending_ = {};
    begin_h2();
    if (!h2_) return false;
    h2_->take(bytes);
    write_frames();
    return false;
}

void Connection::begin_h2() {
    try {
        Http2::Host& host = *this;
        h2_ = std::make_unique<Http2>(host, peer_, server_.limits_);
    } catch (const std::exception& failure) {
        note(failure.what());
        return close();
    }
    server_.shared_.counters.http2.fetch_add(1, std::memory_order_relaxed);
    deadline_ms_ = UINT64_MAX;
    if (server_.draining_) h2_->drain();
    if (channel_.secure()) write_frames();  // ours may come first
}

void Connection::on_frames(int events) {
    if (channel_.waiting() || !(events & net::Poll::readable)) write_frames();
    if (multiplexes() && !channel_.waiting() && (events & net::Poll::readable)) read();
}

/// Send what there is. A client that does not read is not read from either.
void Connection::write_frames() {
    if (in_write_ || !multiplexes()) return;
    const auto self = shared_from_this();
    in_write_ = true;
    const bool waited = channel_.waiting();
    std::size_t total = 0;
    auto sent = flush();
    Bytes out = std::exchange(server_.buffers_.frames, {});  // others may write meanwhile
    while (sent == Sent::all && total < turn_bytes) {
        out.clear();
        h2_->produce(out, channel_.portion());
        if (out.empty()) break;
        const auto done = channel_.send_all(out);
        count_sent(done.wire);
        total += out.size();
        sent = done.sent;
    }
    server_.buffers_.frames = std::move(out);
    in_write_ = false;
    if (sent == Sent::failed) return close();
    if (sent == Sent::all && h2_->finished()) return linger();
    if (!channel_.waiting()) {
        deadline_ms_ = UINT64_MAX;
    } else if (!waited) {
        progress_ = 0;
        give(server_.limits_.send_time);
    }
    await_client();
}

bool Connection::spare() const noexcept {
    int unsent = 0;  // or not acknowledged
    return idle() || (state_ == State::lingering &&
                      ::ioctl(channel_.fd(), SIOCOUTQ, &unsent) == 0 && unsent == 0);
}

/// Closing with unread bytes resets the connection, and the client may not receive the response. So
/// wait for the client, unless it announced that this was its last request.
void Connection::linger() {
    state_ = State::lingering;
    handshake_over();
    const auto said = channel_.end();
    char more;
    if (said.sent == Sent::failed || (said.sent == Sent::all && says_last_ && pending_.empty() &&
                                      ::recv(channel_.fd(), &more, 1, MSG_PEEK) <= 0))
        return close();
    if (said.sent == Sent::all) ::shutdown(channel_.fd(), SHUT_WR);
    began_ms_ = server_.loop_.now_ms();
    pending_ = {};
    progress_ = 0;
    give(std::chrono::seconds{2});
    await_client();
}

void Connection::drain() {
    const auto self = shared_from_this();
    read();
    if (multiplexes()) {
        h2_->drain();
        return write_frames();
    }
    if (!idle() || handshaking()) return;
    if (number_ > 0) return linger();
    // its first request may be on the way, and the client does not know that we are stopping
    give(server_.limits_.last_call_time);
}

void Connection::close() {
    if (state_ == State::closed) return;
    if (state_ == State::writing) {
        log_response();
        if (!chunked_ && !answer_->left) {
            // only a reset tells an HTTP/1.0 client that the response is incomplete
            const struct linger hard { 1, 0 };
            ::setsockopt(channel_.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
    }
    if (state_ == State::reading && idle()) channel_.end();  // if it goes at once
    if (h2_) h2_->abort();
    state_ = State::closed;
    handshake_over();
    want(net::Poll::none);
    if (answer_) {  // write() may be a caller
        answer_->body.reset();
        answer_->slice = {};
    }
    upload_.reset();
    if (const auto gone = std::move(gone_)) (*gone)();
    server_.remove(*this);
}

}  // namespace stretto::http
