#include "edge/fill.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>

#include "edge/answer.hpp"

namespace stretto::edge {
namespace {

constexpr int most_attempts = 4;
constexpr std::chrono::milliseconds first_pause{150};  // and twice as long each time
constexpr std::size_t most_error_bytes = 65536;
// a Date says seconds, and clocks that are kept by NTP differ by less than one
constexpr http::Seconds most_skew{60};

std::optional<std::uint64_t> content_length(const http::Fields& fields) {
    const auto* value = fields.find("Content-Length");
    std::uint64_t length = 0;
    if (!value) return {};
    const auto [end, code] = std::from_chars(value->data(), value->data() + value->size(), length);
    if (code != std::errc{} || end != value->data() + value->size()) return {};
    return length;
}

bool is_server_error(int status) {
    return status == 500 || status == 502 || status == 503 || status == 504;
}

/// It speaks of one request, as it was sent, and not of what that asked for.
bool refuses_request(int status) {
    constexpr int all[] = {400, 401, 403, 407, 408, 411, 412, 413, 414, 415,
                           416, 417, 421, 425, 426, 428, 429, 431, 508, 511};
    return std::ranges::find(all, status) != std::end(all);
}

/// RFC 6585 forbids it for some of them. The others may be stored where upstream allows it.
bool never_stored(int status) {
    return status == 408 || status == 428 || status == 429 || status == 431 || status == 508 ||
           status == 511;
}

/// Upstream has no such object any more, or another one.
bool replaces_stored(int status) { return status < 400 || status == 404 || status == 410; }

/// Of a server that cannot answer, where another one may.
bool is_gateway_error(int status) { return status == 502 || status == 503 || status == 504; }

/// The request without what was asked about the representation: the whole of it is fetched.
http::Request unconditional(http::Request request) {
    for (const auto* name : {"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since",
                             "If-Unmodified-Since"})
        request.fields.remove(name);
    return request;
}

/// The answers of an object store that a client may see; what else it says, it says to us.
bool is_of_object(int status) {
    return status == 200 || status == 206 || status == 304 || status == 416;
}

bool strong(std::string_view etag) { return etag.size() >= 2 && etag.front() == '"'; }

}  // namespace

std::string random_name() {
    std::random_device random;
    constexpr char digits[] = "0123456789abcdef";
    std::string name;
    for (int i = 0; i < 16; ++i) name += digits[random() % 16];
    return name;
}

bool Outcome::failed() const { return error != 0; }

bool Outcome::refused() const {
    return !error && !storable && !stale && fwd_status && refuses_request(*fwd_status);
}

std::weak_ptr<Fill> Fill::start(net::Loop& loop, Behind& behind, EdgeShared& shared,
                                Objects& objects, Job job, std::function<void(Outcome)> head_done,
                                std::function<void(End)> all_done) {
    std::shared_ptr<Fill> fill{new Fill{loop, behind, shared, objects, std::move(job),
                                        std::move(head_done), std::move(all_done)}};
    fill->self_ = fill;
    fill->ask_again();
    return fill;
}

Fill::Fill(net::Loop& loop, Behind& behind, EdgeShared& shared, Objects& objects, Job job,
           std::function<void(Outcome)> head_done, std::function<void(End)> all_done)
    : loop_(loop),
      behind_(behind),
      shared_(shared),
      objects_(objects),
      job_(std::move(job)),
      head_done_(std::move(head_done)),
      all_done_(std::move(all_done)),
      moment_(shared.cache.moment()),
      servers_(behind.ranking().order(job_.key, loop.now_ms())) {}

void Fill::cancel() {
    if (!self_ || !head_done_) return;
    const auto unused = std::exchange(head_done_, nullptr);
    settle(End::done);
}

http::Request Fill::first_request() const {
    return job_.alone && !job_.whole ? job_.request : unconditional(job_.request);
}

void Fill::ask(const http::Request& request) {
    ++attempts_;
    requested_ = wall_clock();
    asked_ = std::chrono::steady_clock::now();
    discard_ = false;
    skip_ = 0;
    shared_.counters.upstream_requests.fetch_add(1, std::memory_order_relaxed);
    // libcurl's callbacks end with the fetch, which we own, but one of them may be our last act
    http::FetchCalls calls;
    calls.head = [this](http::Response&& response) {
        const auto self = shared_from_this();
        entry_ ? on_resumed_head(std::move(response)) : on_head(std::move(response));
    };
    calls.data = [this](BytesView bytes) {
        const auto self = shared_from_this();
        return on_data(bytes);
    };
    calls.end = [this](const http::Failure* failure) {
        const auto self = shared_from_this();
        on_end(failure);
    };
    calls.interim = [this](const http::Response& response) {
        const auto self = shared_from_this();
        on_interim(response);
    };
    fetch_ = upstream().fetch(request, job_.body, std::move(calls));
}

http::Upstream& Fill::upstream() const { return behind_.server(servers_[server_], job_.route); }

/// From the start.
void Fill::ask_again() {
    ask(job_.stored ? http::validation(job_.request, job_.stored->head()->stored)
                    : first_request());
}

/// @return false: there is no other server
bool Fill::go_to_next() {
    if (server_ + 1 >= servers_.size()) return false;
    ++server_;
    return true;
}

void Fill::note_answer(const http::Response& response) {
    shared_.counters.upstream_first_byte.note(std::chrono::steady_clock::now() - asked_);
    behind_.ranking().answered(servers_[server_]);
    const auto skew = http::clock_skew(response, requested_, wall_clock());
    if (skew <= most_skew && skew >= -most_skew) return;
    shared_.troubles.tell(
        "clock", text("'", job_.key, "' from ", upstream().authority(), ": the server's clock is ",
                      std::abs(skew.count()), " s ", skew.count() > 0 ? "ahead" : "behind"));
}

void Fill::note_failure(const http::Failure& failure) {
    shared_.counters.upstream_failures.fetch_add(1, std::memory_order_relaxed);
    shared_.troubles.tell(
        failure.timed_out() ? "timeout" : "upstream",
        text("'", job_.key, "' from ", upstream().authority(), ": ", failure.why));
    if (failure.passing() && !failure.overloaded())
        behind_.ranking().failed(servers_[server_], loop_.now_ms());
}

/// No head came: of the same server, or of another.
bool Fill::asks_once_more(const http::Failure& failure) {
    if (failure.overloaded() || !(http::is_safe(job_.request.method) || failure.unsent()))
        return false;
    const bool first = attempts_ == 1 && !failure.timed_out();
    // a kept connection may have been closed just as it was used
    if (first && !failure.unsent()) return true;
    return (failure.passing() && go_to_next()) || first;
}

/// Not those between upstream and us: 100, which no client expects, and 101.
void Fill::on_interim(http::Response response) {
    if (!job_.interim || !head_done_ || response.status < 102) return;
    http::remove_hop_by_hop(response.fields);
    job_.interim(response);
}

void Fill::on_head(http::Response&& response) {
    note_answer(response);
    if (const auto* dialect = behind_.dialect()) {
        if (!is_of_object(response.status)) {
            refused_ = {std::move(response), {}};
            return;
        }
        dialect->translate(job_.route, response);
    }
    take_head(std::move(response));
}

/// Its body has come: try again after a pause, or answer in our own words.
void Fill::on_refusal() {
    const auto refused = std::exchange(refused_, std::nullopt);
    const auto refusal = behind_.dialect()->refusal(refused->head, refused->body);
    if (!refusal.why.empty())
        shared_.troubles.tell(
            refusal.passing ? "slow" : "refused",
            text("'", job_.key, "' from ", upstream().authority(), ": ", refusal.why));
    if (refusal.passing && attempts_ < most_attempts) {
        pause_ = std::make_unique<net::Timer>(loop_, [this] {
            const auto self = shared_from_this();
            if (head_done_) ask_again();
        });
        return pause_->once(first_pause * (1 << (attempts_ - 1)));
    }
    if (refusal.status != 404) {
        if (answer_stale(false, refused->head.status)) return settle(End::done);
        Outcome outcome;
        outcome.error = refusal.status;
        outcome.why = http::reason(refusal.status);
        outcome.fwd_status = refused->head.status;
        tell(std::move(outcome));
        return settle(End::done);
    }
    constexpr std::string_view body = "not found\n";
    http::Response response;
    response.status = 404;
    response.fields = {{"Content-Type", "text/plain; charset=utf-8"},
                       {"Cache-Control", "public, max-age=5"},
                       {"Content-Length", std::to_string(body.size())}};
    take_head(std::move(response));
    if (pipe_ || entry_) on_data(as_bytes(body));
    if (self_ && (pipe_ || entry_)) on_end(nullptr);  // else it is asked for once more
}

void Fill::take_head(http::Response&& response) {
    if (is_gateway_error(response.status) && http::is_safe(job_.request.method) && go_to_next())
        return ask_again();
    if (response.status == 304 && job_.stored) {
        if (http::selects(response, job_.stored->head()->stored)) return answer_validated(response);
        if (attempts_ == 1) {  // it speaks of something else: ask for all of it
            discard_ = true;
            return;
        }
    }
    const bool busy = response.status == 408 || response.status == 429;
    if ((busy || is_server_error(response.status)) && answer_stale(false, response.status)) return;
    http::remove_hop_by_hop(response.fields);
    response.fields.remove("X-Cache");
    response.fields.add("Via", "1.1 " + shared_.name);
    if (!response.fields.has("Date"))  // RFC 9110 6.6.1
        response.fields.set("Date", http::print_date(wall_clock()));
    // a refusal, even a storable one, does not replace what is stored
    const bool storable = response.status != 206 && !never_stored(response.status) &&
                          !(job_.stored && refuses_request(response.status)) &&
                          http::may_store(job_.request, response, wall_clock());
    if (storable && begin_entry(response, true)) return;
    if (job_.stored && replaces_stored(response.status)) shared_.cache.drop(job_.stored);
    if (job_.internal && begin_entry(response, false)) return;
    if (storable || job_.internal) return begin_without_room(std::move(response));
    begin_pipe(std::move(response));
}

/// There is no room to store it, so each client has its own transfer.
void Fill::begin_without_room(http::Response&& response) {
    if (check_ || job_.internal) {
        fetch_.reset();
        Outcome outcome;
        outcome.error = 503;
        outcome.why = "no memory for a body that must be verified before it is sent";
        tell(std::move(outcome));
        return settle(End::done);
    }
    const bool asked_for_all = !job_.alone || job_.whole;
    const bool wants_part = job_.request.fields.has("Range");
    job_.alone = true;
    if (!asked_for_all || !wants_part) return begin_pipe(std::move(response));
    job_.whole = false;
    job_.stored = nullptr;
    if (behind_.dialect())  // a 412 would be told as an error
        for (const auto* name : {"If-Match", "If-None-Match"}) job_.request.fields.remove(name);
    ask(job_.request);
}

/// @return false: there is no room
bool Fill::begin_entry(const http::Response& response, bool store) {
    const auto length = content_length(response.fields);
    if (response.status == 200)
        check_ = check_of(job_.route, response.fields, shared_.manifests, objects_, loop_);
    Outcome outcome;
    outcome.storable = store;
    outcome.fwd_status = response.status;
    auto stored = http::to_store(job_.request, response, requested_, wall_clock());
    for (const auto& field : response.fields)
        if (!stored.fields.has(field.name))
            http::append_field(outcome.own_fields, field.name, field.value);
    auto head = Head::of_upstream(std::move(stored), moment_.purges);
    auto begun = shared_.cache.begin(job_.key, std::move(head), length, store);
    if (!begun.entry) return false;
    entry_ = std::move(begun.entry);
    outcome.stored = store_ = begun.storing;
    if (check_) entry_->content()->hold_ends();
    outcome.entry = entry_;
    tell(std::move(outcome));
    return true;
}

void Fill::begin_pipe(http::Response&& response) {
    pipe_ = std::make_shared<Pipe>();
    Outcome outcome;
    outcome.fwd_status = response.status;
    outcome.pipe = pipe_;
    outcome.head = std::move(response);
    tell(std::move(outcome));
    // from here on the client's body owns the fetch: when it goes, we go
    if (fetch_)
        pipe_->own(std::move(fetch_), [self = shared_from_this()] { self->settle(End::done); });
}

void Fill::answer_validated(const http::Response& response) {
    auto stored = job_.stored->head()->stored;
    http::freshen(stored, response, requested_, wall_clock());
    const bool cookies_kept = stored.fields.has("Set-Cookie");
    shared_.cache.freshen(job_.stored, Head::of_upstream(std::move(stored), moment_.purges));
    shared_.counters.validated.fetch_add(1, std::memory_order_relaxed);
    Outcome outcome;
    outcome.entry = job_.stored;
    outcome.storable = outcome.stored = outcome.validated = true;
    outcome.fwd_status = 304;
    for (const auto& field : response.fields)
        if (!cookies_kept && http::same_token(field.name, "Set-Cookie"))
            http::append_field(outcome.own_fields, field.name, field.value);
    tell(std::move(outcome));
}

/// What is stored, although it is stale, because upstream failed; false when that may not be.
bool Fill::answer_stale(bool disconnected, std::optional<int> status) {
    if (!job_.stored ||
        !http::use_on_error(job_.stored->head()->stored, job_.request, disconnected, wall_clock()))
        return false;
    shared_.counters.stale.fetch_add(1, std::memory_order_relaxed);
    Outcome outcome;
    outcome.entry = job_.stored;
    outcome.stale = true;
    outcome.fwd_status = status;
    tell(std::move(outcome));
    return true;
}

bool Fill::on_data(BytesView bytes) {
    if (refused_) {
        append(refused_->body,
               bytes.first(std::min(bytes.size(), most_error_bytes - refused_->body.size())));
        return true;
    }
    shared_.counters.upstream_bytes.fetch_add(bytes.size(), std::memory_order_relaxed);
    if (pipe_) return pipe_->push(bytes);
    if (!entry_ || discard_) return true;  // the body of a 304, or of an error that is not shown
    const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty()) return true;
    if (check_) check_->add(bytes);
    auto& content = *entry_->content();
    const bool room = content.length() || shared_.cache.grow(entry_, content.size() + bytes.size());
    if (!room || !content.append(bytes)) {
        give_up(End::broken);
        return false;
    }
    const auto size = content.size();
    content.release(check_ ? check_->releasable(size, content.length()) : size);
    return true;
}

void Fill::on_end(const http::Failure* failure) {
    fetch_.reset();
    if (failure) note_failure(*failure);
    if (refused_ && !failure) return on_refusal();
    refused_.reset();
    if (pipe_) {
        failure ? pipe_->fail() : pipe_->end();
        return settle(End::done);
    }
    if (entry_) {
        if (failure && !resume()) return give_up(End::broken);
        if (!failure) finish();
        return;
    }
    if (!head_done_) return settle(End::done);  // the answer was what had been stored
    if (discard_) return ask(unconditional(job_.request));
    if (failure && asks_once_more(*failure)) return ask_again();
    if (!answer_stale(true, {})) {
        Outcome outcome;
        outcome.error = failure && failure->overloaded()  ? 503
                        : failure && failure->timed_out() ? 504
                                                          : 502;
        outcome.why = failure ? failure->why : "no response";
        tell(std::move(outcome));
    }
    settle(End::done);
}

void Fill::tell(Outcome outcome) {
    outcome.asked = asked_;
    std::exchange(head_done_, nullptr)(std::move(outcome));
}

/// Upstream broke off in the middle: ask for the rest of the same representation.
bool Fill::resume() {
    const auto head = entry_->head();
    const auto length = entry_->content()->length();
    if (head->stored.status != 200) return false;
    // who has come since the last attempt began is owed one more
    const bool wanted = job_.wanted && job_.wanted();
    if (attempts_ >= most_attempts && !wanted) return false;
    if (!strong(head->etag) || (length && entry_->content()->size() >= *length)) return false;
    shared_.counters.resumed.fetch_add(1, std::memory_order_relaxed);
    servers_ = behind_.ranking().order(job_.key, loop_.now_ms());
    server_ = 0;
    auto request = unconditional(job_.request);
    const auto have = entry_->content()->size();
    if (have > 0) {
        request.fields.set("Range", text("bytes=", have, "-"));
        request.fields.set("If-Range", head->etag);
    }
    ask(request);
    return true;
}

/// The rest, or all of it again: only if it is the very representation that we have a part of.
void Fill::on_resumed_head(http::Response&& response) {
    note_answer(response);
    if (behind_.dialect() && is_of_object(response.status))
        behind_.dialect()->translate(job_.route, response);
    const auto head = entry_->head();
    const auto have = entry_->content()->size();
    const auto* etag = response.fields.find("ETag");
    const bool same = etag && http::same_strongly(*etag, head->etag);
    const http::ContentRange none;  // says of no byte that it follows what is here
    const auto* field = response.fields.find("Content-Range");
    const auto range = field ? http::parse_content_range(*field).value_or(none) : none;
    const auto length = entry_->content()->length();
    if (response.status == 206 && same && range.size > 0 && range.range.first == have &&
        range.range.first + range.range.length == range.size && (!length || *length == range.size))
        return;
    if (response.status == 200 && same) {
        skip_ = have;
        return;
    }
    discard_ = true;  // another one: what is here can never be completed
    if (is_server_error(response.status)) return;  // perhaps once more, when it has ended
    give_up(End::broken);
}

void Fill::finish() {
    if (discard_) {
        if (!resume()) give_up(End::broken);
        return;
    }
    const auto length = entry_->content()->length();
    if (skip_ > 0 || (length && *length != entry_->content()->size())) {
        if (!resume()) give_up(End::broken);
        return;
    }
    if (!check_) return verdict(Check::Verdict::unknown);
    check_->finish([self = shared_from_this()](Check::Verdict v) { self->verdict(v); });
}

void Fill::verdict(Check::Verdict verdict) {
    if (verdict == Check::Verdict::unavailable) return give_up(End::broken);
    if (verdict == Check::Verdict::wrong) {
        shared_.counters.damaged.fetch_add(1, std::memory_order_relaxed);
        shared_.troubles.tell("mismatch", text("'", job_.key, "' from ", upstream().authority(),
                                               " does not match its hash"));
        go_to_next();  // or once more the same
        // while no client has received a byte of it, it can be fetched again unnoticed
        if (std::exchange(restarted_, true) || !entry_->content()->restart())
            return give_up(store_ ? End::damaged : End::broken);
        check_ =
            check_of(job_.route, entry_->head()->stored.fields, shared_.manifests, objects_, loop_);
        return ask(unconditional(job_.request));
    }
    // an unprovable body is passed on, but not stored as if it were verified
    const bool unproven = check_ && verdict == Check::Verdict::unknown;
    entry_->content()->complete();
    if (store_ && !unproven)
        shared_.cache.commit(entry_, moment_);
    else
        shared_.cache.abandon(entry_);
    settle(End::done);
}

/// Those who come from now on start anew, before those who have waited hear of it.
void Fill::give_up(End end) {
    if (entry_) shared_.cache.abandon(entry_);
    settle(end);
    if (entry_) entry_->content()->fail();
}

void Fill::settle(End end) {
    if (!self_) return;
    if (all_done_) std::exchange(all_done_, nullptr)(end);
    fetch_.reset();
    if (pause_) pause_->stop();
    loop_.drop(std::exchange(self_, nullptr));
}

}  // namespace stretto::edge
