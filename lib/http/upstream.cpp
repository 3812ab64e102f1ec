#include "http/upstream.hpp"

#include <curl/curl.h>

#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/own.hpp"
#include "http/parser.hpp"

namespace stretto::http {
namespace {

void check(CURLcode code, const char* what) {
    if (code != CURLE_OK) throw Error{EX_SOFTWARE, text(what, ": ", curl_easy_strerror(code))};
}

void check(CURLMcode code, const char* what) {
    if (code != CURLM_OK) throw Error{EX_SOFTWARE, text(what, ": ", curl_multi_strerror(code))};
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    check(curl_easy_setopt(easy, option, value), "curl_easy_setopt");
}

/// Methods that say nothing about a body when they have none (RFC 9110 8.6).
bool tells_empty_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

/// No socket for an address that may not be connected to.
curl_socket_t open_allowed(void* allow, curlsocktype, curl_sockaddr* to) noexcept {
    sockaddr_storage raw{};
    if (to->addrlen > sizeof raw) return CURL_SOCKET_BAD;
    std::memcpy(&raw, &to->addr, to->addrlen);
    const auto& allowed = *static_cast<std::function<bool(const net::Address&)>*>(allow);
    if (!allowed(net::Address{raw})) return CURL_SOCKET_BAD;
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

}  // namespace

struct Fetch::Transfer {
    Upstream* owner = nullptr;
    std::unique_ptr<CURL, Freed<curl_easy_cleanup>> easy;
    std::unique_ptr<curl_slist, Freed<curl_slist_free_all>> fields;
    Bytes body;
    FetchCalls calls;
    std::string head;  // lines of the response's head so far
    bool headed = false, cancelled = false;
    bool sent = false, paused = false;
    std::uint64_t heard_ms = 0;  // when something last came, or the request went out
    std::string bad;             // why the response cannot be used

    void hear() { heard_ms = owner->loop_.now_ms(); }

    std::size_t line(std::string_view line) {
        hear();
        if (cancelled) return CURL_WRITEFUNC_ERROR;
        if (headed) return line.size();  // trailers
        head += line;
        if (head.size() > 4 * most_head_bytes) {
            bad = "its head is too large";
            return CURL_WRITEFUNC_ERROR;
        }
        if (line != "\r\n" && line != "\n") return line.size();
        auto response = parse_response_head(std::exchange(head, {}));
        if (!response) {
            bad = response.error().why;
            return CURL_WRITEFUNC_ERROR;
        }
        if (response->status < 200) {
            if (calls.interim) calls.interim(*response);
            return line.size();
        }
        headed = true;
        calls.head(std::move(*response));
        return cancelled ? CURL_WRITEFUNC_ERROR : line.size();
    }

    std::size_t data(BytesView bytes) {
        if (cancelled) return CURL_WRITEFUNC_ERROR;
        if (!headed) {  // HTTP/0.9, or a head that never ended
            bad = "no head";
            return CURL_WRITEFUNC_ERROR;
        }
        hear();
        if (calls.data(bytes)) return bytes.size();
        if (cancelled) return CURL_WRITEFUNC_ERROR;
        paused = true;  // what is not taken now is given again
        return CURL_WRITEFUNC_PAUSE;
    }

    template <class Call>
    std::size_t guarded(Call call) noexcept {
        std::size_t result = CURL_WRITEFUNC_ERROR;
        owner->loop_.guard([&] { result = call(); });
        return result;
    }
};

Fetch::~Fetch() {
    transfer_->cancelled = true;  // nothing is called any more
    if (!transfer_->owner) return;
    // from within one of its callbacks libcurl lets nothing be removed
    transfer_->owner->loop_.post([transfer = transfer_] {
        transfer->calls = {};
        if (transfer->owner) transfer->owner->remove(*transfer);
    });
}

void Fetch::resume() {
    if (!transfer_->owner) return;
    transfer_->owner->loop_.post([transfer = transfer_] {
        if (transfer->owner && !transfer->cancelled) {
            auto* owner = transfer->owner;
            transfer->paused = false;
            transfer->hear();
            curl_easy_pause(transfer->easy.get(), CURLPAUSE_CONT);
            owner->collect();
        }
    });
}

void Upstream::EndMulti::operator()(void* multi) const noexcept { curl_multi_cleanup(multi); }

Upstream::Upstream(net::Loop& loop, std::string base, const Limits& limits)
    : loop_(loop),
      base_(std::move(base)),
      limits_(limits),
      timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }),
      silence_(loop, [this] { end_silent(); }) {
    while (base_.ends_with('/')) base_.pop_back();
    const auto host = base_.find("://");
    const auto slash = base_.find('/', host == std::string::npos ? 0 : host + 3);
    if (slash != std::string::npos) prefix_ = base_.substr(slash);
    authority_ = host == std::string::npos ? base_ : base_.substr(host + 3, slash - host - 3);
    check(curl_global_init(CURL_GLOBAL_DEFAULT), "curl_global_init");
    multi_.reset(curl_multi_init());
    if (!multi_) throw Error{EX_SOFTWARE, "curl_multi_init failed"};
    auto* multi = multi_.get();
    const auto on_socket = [](CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
        auto& upstream = *static_cast<Upstream*>(self);
        upstream.loop_.guard([&] { upstream.watch(fd, what); });
        return 0;
    };
    const auto on_timer = [](CURLM*, long ms, void* self) noexcept {
        auto& upstream = *static_cast<Upstream*>(self);
        upstream.loop_.guard([&] {
            if (ms < 0)
                upstream.timer_.stop();
            else
                upstream.timer_.once(std::chrono::milliseconds{ms});
        });
        return 0;
    };
    check(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                            static_cast<curl_socket_callback>(on_socket)),
          "curl_multi_setopt");
    check(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this), "curl_multi_setopt");
    check(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                            static_cast<curl_multi_timer_callback>(on_timer)),
          "curl_multi_setopt");
    check(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this), "curl_multi_setopt");
    check(curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits_.connections),
          "curl_multi_setopt");
    check(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, limits_.connections), "curl_multi_setopt");
}

Upstream::~Upstream() {
    *alive_ = false;
    auto transfers = std::move(transfers_);
    for (auto& [easy, transfer] : transfers) {
        transfer->cancelled = true;
        transfer->calls = {};
        curl_multi_remove_handle(multi_.get(), easy);
        transfer->owner = nullptr;
    }
    transfers.clear();
    multi_.reset();
    polls_.clear();
}

std::unique_ptr<Fetch> Upstream::fetch(const Request& request, Bytes body, FetchCalls calls) {
    auto transfer = std::make_shared<Transfer>();
    transfer->calls = std::move(calls);
    transfer->body = std::move(body);
    std::unique_ptr<Fetch> fetch{new Fetch{transfer}};
    if (transfers_.size() >= limits_.requests) {
        loop_.post([transfer] {
            if (transfer->cancelled) return;
            const Failure failure{"too many requests are under way", false, true};
            transfer->calls.end(&failure);
        });
        return fetch;
    }
    transfer->owner = this;
    transfer->easy.reset(curl_easy_init());
    if (!transfer->easy) throw Error{EX_SOFTWARE, "curl_easy_init failed"};
    CURL* easy = transfer->easy.get();
    set(easy, CURLOPT_URL, base_.c_str());
    set(easy, CURLOPT_REQUEST_TARGET, (prefix_ + request.target).c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROXY, "");  // the environment's proxy is for going out, not for this
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect.count()));
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_BUFFERSIZE, 65536L);
    if (limits_.allow) {
        set(easy, CURLOPT_OPENSOCKETFUNCTION, static_cast<curl_opensocket_callback>(open_allowed));
        set(easy, CURLOPT_OPENSOCKETDATA, &limits_.allow);
    }
    if (request.method == "HEAD") {
        set(easy, CURLOPT_NOBODY, 1L);
    } else if (!transfer->body.empty() || tells_empty_body(request.method)) {
        set(easy, CURLOPT_POST, 1L);
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->body.size()));
        set(easy, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(transfer->body.data()));
    }
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_slist* fields = nullptr;
    const auto add = [&](const std::string& line) {
        auto* longer = curl_slist_append(fields, line.c_str());
        if (!longer) throw std::bad_alloc{};
        if (!fields) transfer->fields.reset(longer);
        fields = longer;
    };
    for (const auto& field : request.fields)
        add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
    for (const auto* ours : {"Accept", "Content-Type", "Expect", "User-Agent"})
        if (!request.fields.has(ours)) add(std::string{ours} + ":");  // libcurl's own, left out
    set(easy, CURLOPT_HTTPHEADER, fields);

    const auto on_line = [](char* bytes, std::size_t, std::size_t n, void* self) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        return mine.guarded([&] { return mine.line({bytes, n}); });
    };
    const auto on_data = [](char* bytes, std::size_t, std::size_t n, void* self) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        return mine.guarded([&] {
            return mine.data({reinterpret_cast<const std::uint8_t*>(bytes), n});
        });
    };
    const auto on_sent = [](void* self, char*, char*, int, int) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        mine.sent = true;
        mine.hear();
        return CURL_PREREQFUNC_OK;
    };
    set(easy, CURLOPT_PREREQFUNCTION, static_cast<curl_prereq_callback>(on_sent));
    set(easy, CURLOPT_PREREQDATA, transfer.get());
    set(easy, CURLOPT_HEADERFUNCTION, static_cast<curl_write_callback>(on_line));
    set(easy, CURLOPT_HEADERDATA, transfer.get());
    set(easy, CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(on_data));
    set(easy, CURLOPT_WRITEDATA, transfer.get());
    transfers_.emplace(easy, transfer);
    if (!silence_.active()) silence_.every(std::chrono::milliseconds{250});
    // libcurl takes no new request from within one of its callbacks, where we may well be: the
    // answer to one request lets a client go on, who asks for the next
    loop_.post([transfer] {
        if (transfer->owner && !transfer->cancelled)
            check(curl_multi_add_handle(transfer->owner->multi_.get(), transfer->easy.get()),
                  "curl_multi_add_handle");
    });
    return fetch;
}

void Upstream::watch(int fd, int what) {
    if (what == CURL_POLL_REMOVE) {
        polls_.erase(fd);
        return;
    }
    auto& poll = polls_[fd];
    if (!poll)
        poll = std::make_unique<net::Poll>(loop_, fd, [this, fd](int ready) {
            act(fd, (ready & net::Poll::readable ? CURL_CSELECT_IN : 0) |
                        (ready & net::Poll::writable ? CURL_CSELECT_OUT : 0));
        });
    poll->want((what & CURL_POLL_IN ? net::Poll::readable : 0) |
               (what & CURL_POLL_OUT ? net::Poll::writable : 0));
}

void Upstream::act(int fd, int events) {
    int running = 0;
    check(curl_multi_socket_action(multi_.get(), fd, events, &running), "curl_multi_socket_action");
    collect();
}

/// Tell those that have ended.
void Upstream::collect() {
    const auto alive = alive_;
    int left = 0;
    while (*alive) {
        const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
        if (!message) return;
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        const auto found = transfers_.find(message->easy_handle);
        if (found == transfers_.end()) continue;
        const auto transfer = found->second;
        remove(*transfer);
        if (transfer->cancelled || !transfer->calls.end) continue;
        const auto end = std::move(transfer->calls.end);
        if (code == CURLE_OK && transfer->headed) {
            end(nullptr);
            continue;
        }
        Failure failure;
        failure.why = !transfer->bad.empty() ? "a bad response: " + transfer->bad
                      : code == CURLE_OK     ? "no response"
                                             : curl_easy_strerror(code);
        failure.timed_out = code == CURLE_OPERATION_TIMEDOUT;
        end(&failure);
    }
}

/// libcurl's own limit on slow transfers looks at the mean of the last seconds, and so notices a
/// silence seconds late.
void Upstream::end_silent() {
    const auto alive = alive_;
    const std::chrono::milliseconds limit{limits_.stall};
    std::vector<std::shared_ptr<Transfer>> silent;
    for (const auto& [_, transfer] : transfers_)
        if (transfer->sent && !transfer->paused &&
            loop_.now_ms() - transfer->heard_ms >= static_cast<std::uint64_t>(limit.count()))
            silent.push_back(transfer);
    if (transfers_.empty()) silence_.stop();
    for (const auto& transfer : silent) {
        if (!*alive || !transfer->owner) continue;
        remove(*transfer);
        const auto end = std::move(transfer->calls.end);
        const Failure failure{text("nothing came for ", limits_.stall.count(), " s"), true, false};
        if (!transfer->cancelled && end) end(&failure);
    }
}

void Upstream::remove(Transfer& transfer) {
    if (!transfer.owner) return;
    transfer.owner = nullptr;
    curl_multi_remove_handle(multi_.get(), transfer.easy.get());
    transfers_.erase(transfer.easy.get());
}

}  // namespace stretto::http
