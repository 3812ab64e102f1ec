#include "http/upstream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "http/transfer.hpp"

namespace stretto::http {

/// libcurl's requests on the loop. If an Upstream is destroyed in a callback of libcurl, this
/// object lives on until the callback returns.
struct Upstream::Multi {
    using Transfer = Fetch::Transfer;

    Multi(net::Loop& on, std::string_view base, const Limits& how);
    ~Multi();

    void add(const std::shared_ptr<Transfer>& transfer);
    void send(Transfer& transfer);
    void remove(Transfer& transfer);
    void collect();
    void end_all();
    /// Whether a callback of a request, or libcurl, is a caller.
    bool busy() const noexcept { return busy_ > 0; }
    void resume(Transfer& transfer);

    net::Loop& loop;
    Place place;
    std::string url;
    Limits limits;
    std::map<CURL*, std::shared_ptr<Transfer>> transfers;

   private:
    static constexpr std::uint64_t tick_ms = 250;
    static int close_socket(void* self, curl_socket_t fd) noexcept;
    void watch(CURL* easy, int fd, int what);
    void end_stray(int fd);
    void act(int fd, int events);
    void finished(CURL* easy, CURLcode code);
    void end(const std::shared_ptr<Transfer>& transfer, const std::optional<Failure>& failure);
    void give_up();

    net::Timer timer_, ticks_;
    std::map<int, std::unique_ptr<net::Poll>> polls_;
    std::set<int> idle_;   // sockets of kept connections
    std::set<int> http2_;  // sockets on which a response of HTTP/2 has come
    std::unique_ptr<CURLM, Freed<curl_multi_cleanup>> multi_;
    std::optional<std::uint64_t>
        failed_ms_;  // time of the last failed connection, if none has succeeded since
    std::uint64_t ticked_ms_ = 0;
    bool over_ = false;
    int busy_ = 0;

    struct Busy {
        explicit Busy(Multi& multi) : multi_(multi) { ++multi_.busy_; }
        ~Busy() { --multi_.busy_; }
        Multi& multi_;
    };
};

Upstream::Multi::Multi(net::Loop& on, std::string_view base, const Limits& how)
    : loop(on),
      place(parse_place(base)),
      url(place.url()),
      limits(how),
      timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }),
      ticks_(loop, [this] { give_up(); }) {
    check(curl_global_init(CURL_GLOBAL_DEFAULT), "curl_global_init");
    multi_.reset(curl_multi_init());
    if (!multi_) throw Error{EX_SOFTWARE, "curl_multi_init failed"};
    const auto on_socket = [](CURL* easy, curl_socket_t fd, int what, void* self, void*) noexcept {
        auto& mine = *static_cast<Multi*>(self);
        mine.loop.guard([&] { mine.watch(easy, fd, what); });
        return 0;
    };
    const auto on_timer = [](CURLM*, long ms, void* self) noexcept {
        auto& mine = *static_cast<Multi*>(self);
        mine.loop.guard([&] {
            if (ms < 0)
                mine.timer_.stop();
            else
                mine.timer_.once(std::chrono::milliseconds{ms});
        });
        return 0;
    };
    set(multi_.get(), CURLMOPT_SOCKETFUNCTION, static_cast<curl_socket_callback>(on_socket));
    set(multi_.get(), CURLMOPT_SOCKETDATA, this);
    set(multi_.get(), CURLMOPT_TIMERFUNCTION, static_cast<curl_multi_timer_callback>(on_timer));
    set(multi_.get(), CURLMOPT_TIMERDATA, this);
    set(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.connections);
    set(multi_.get(), CURLMOPT_MAXCONNECTS, limits.connections);
}

Upstream::Multi::~Multi() {
    end_all();
    for (const auto& [easy, transfer] : std::exchange(transfers, {})) {
        curl_multi_remove_handle(multi_.get(), easy);
        transfer->owner = nullptr;
        transfer->calls = {};  // they may own the fetch, and so this object
    }
    multi_.reset();  // after this, its sockets are not watched
    polls_.clear();
}

/// No callback is called after this.
void Upstream::Multi::end_all() {
    over_ = true;
    for (const auto& [_, transfer] : transfers) transfer->cancelled = true;
    ticks_.stop();
}

/// Start requests later, because libcurl accepts none within its callbacks, and this may be called
/// in one: the response to one request may lead to the next.
void Upstream::Multi::add(const std::shared_ptr<Transfer>& transfer) {
    transfer->owner = this;
    transfer->prepare(place, limits);
    set(transfer->easy.get(), CURLOPT_CLOSESOCKETFUNCTION,
        static_cast<curl_closesocket_callback>(close_socket));
    set(transfer->easy.get(), CURLOPT_CLOSESOCKETDATA, this);
    transfers.emplace(transfer->easy.get(), transfer);
    if (!ticks_.active()) {
        ticked_ms_ = loop.now_ms();
        ticks_.every(std::chrono::milliseconds{tick_ms});
    }
    loop.post([transfer] {
        if (transfer->owner && !transfer->cancelled) transfer->owner->send(*transfer);
    });
}

/// After a failure, the server may have another address. Until a response arrives, names are
/// resolved again, and connections from before the failure are not used.
void Upstream::Multi::send(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    if (failed_ms_) {
        const auto since_s = (loop.now_ms() - *failed_ms_) / 1000;
        set(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
        set(easy, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(since_s));  // 0: any
        if (since_s == 0) set(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    check(curl_multi_add_handle(multi_.get(), easy), "curl_multi_add_handle");
}

void Upstream::Multi::watch(CURL* easy, int fd, int what) {
    if (what == CURL_POLL_REMOVE) {
        polls_.erase(fd);
        const auto user = transfers.find(easy);
        if (user != transfers.end() && user->second->paused()) return;
        // frames name their request, and some come at any time
        if (http2_.contains(fd) || (user != transfers.end() && user->second->http2())) return;
        idle_.insert(fd);  // or it is closed at once, of which we are told
        return end_stray(fd);
    }
    idle_.erase(fd);
    auto& poll = polls_[fd];
    if (!poll)
        poll = std::make_unique<net::Poll>(
            loop, fd,
            [this, fd](int ready) {
                act(fd, (ready & net::Poll::readable ? CURL_CSELECT_IN : 0) |
                            (ready & net::Poll::writable ? CURL_CSELECT_OUT : 0));
            },
            net::Where::current());
    poll->want((what & CURL_POLL_IN ? net::Poll::readable : 0) |
               (what & CURL_POLL_OUT ? net::Poll::writable : 0));
}

int Upstream::Multi::close_socket(void* self, curl_socket_t fd) noexcept {
    static_cast<Multi*>(self)->idle_.erase(fd);
    static_cast<Multi*>(self)->http2_.erase(fd);
    return ::close(fd);
}

/// Bytes that arrive on an idle connection are not a response. They would be taken for the response
/// to the next request, and each later response for that of the following request (RFC 9112 9.2).
/// libcurl 7.88 uses such a connection, unless it has ended.
void Upstream::Multi::end_stray(int fd) {
    char bytes[4096];
    if (::recv(fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) return;
    ::shutdown(fd, SHUT_RDWR);
    // libcurl checks whether the connection has ended
    for (int i = 0; i < 4096 && ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; ++i) {
    }
}

void Upstream::Multi::act(int fd, int events) {
    const Busy busy{*this};
    // requests begin when libcurl's timer expires
    if (fd == CURL_SOCKET_TIMEOUT)
        for (const int one : idle_) end_stray(one);
    int running = 0;
    check(curl_multi_socket_action(multi_.get(), fd, events, &running), "curl_multi_socket_action");
    collect();
}

/// Report the requests that have ended.
void Upstream::Multi::collect() {
    int left = 0;
    while (!over_) {
        const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
        if (!message) return;
        if (message->msg == CURLMSG_DONE) finished(message->easy_handle, message->data.result);
    }
}

void Upstream::Multi::finished(CURL* easy, CURLcode code) {
    const auto found = transfers.find(easy);
    if (found == transfers.end()) return;
    const auto transfer = found->second;
    // a later request on it may be cancelled before libcurl knows its version
    if (curl_socket_t fd = CURL_SOCKET_BAD;
        transfer->http2() && curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD)
        http2_.insert(fd);
    const auto failure = transfer->outcome(code);
    if (!failure) failed_ms_.reset();
    if (failure || transfer->next_url.empty() || transfer->cancelled) return end(transfer, failure);
    curl_multi_remove_handle(multi_.get(), easy);
    transfer->follow(place, limits);
    send(*transfer);
}

void Upstream::Multi::end(const std::shared_ptr<Transfer>& transfer,
                          const std::optional<Failure>& failure) {
    if (failure && failure->passing()) failed_ms_ = loop.now_ms();
    remove(*transfer);
    const auto calls = std::exchange(transfer->calls, {});
    if (!transfer->cancelled && calls.end) calls.end(failure ? &*failure : nullptr);
}

/// libcurl's own limit uses the average of the last seconds, and so detects silence seconds late.
void Upstream::Multi::give_up() {
    const Busy busy{*this};
    if (transfers.empty()) return ticks_.stop();
    // the program may have been stopped, or the machine asleep, so silence proves nothing
    const auto late = loop.now_ms() - ticked_ms_;
    ticked_ms_ = loop.now_ms();
    if (late > 2 * tick_ms)
        for (const auto& [_, transfer] : transfers) transfer->excuse();
    std::vector<std::pair<std::shared_ptr<Transfer>, Failure>> ended;
    for (const auto& [_, transfer] : transfers)
        if (auto failure = transfer->given_up(limits))
            ended.emplace_back(transfer, std::move(*failure));
    for (const auto& [transfer, failure] : ended)
        if (!over_ && transfer->owner) end(transfer, failure);
}

void Upstream::Multi::resume(Transfer& transfer) {
    const Busy busy{*this};
    transfer.resume();
    collect();
}

void Upstream::Multi::remove(Transfer& transfer) {
    if (!transfer.owner) return;
    transfer.owner = nullptr;
    curl_multi_remove_handle(multi_.get(), transfer.easy.get());
    transfers.erase(transfer.easy.get());
}

Upstream::Upstream(net::Loop& loop, std::string_view base, const Limits& limits)
    : multi_(std::make_unique<Multi>(loop, base, limits)) {}

Upstream::~Upstream() {
    multi_->end_all();
    if (multi_->busy()) multi_->loop.drop(std::move(multi_));
}

const std::string& Upstream::authority() const noexcept { return multi_->place.authority; }
const std::string& Upstream::url() const noexcept { return multi_->url; }

std::unique_ptr<Fetch> Upstream::fetch(const Request& request, Bytes body, FetchCalls calls) {
    auto transfer =
        std::make_shared<Fetch::Transfer>(multi_->loop, std::move(calls), request, std::move(body));
    std::unique_ptr<Fetch> fetch{new Fetch{transfer}};
    std::optional<Failure> failure;
    if (!multi_->place.known)
        failure = {Failure::Kind::protocol, text("'", url(), "' is not an http:// address")};
    else if (multi_->transfers.size() >= multi_->limits.requests)
        failure = {Failure::Kind::overloaded, "too many requests are under way"};
    if (!failure)
        multi_->add(transfer);
    else
        multi_->loop.post([transfer, failure] {
            if (!transfer->cancelled) transfer->calls.end(&*failure);
        });
    return fetch;
}

Fetch::~Fetch() {
    transfer_->cancelled = true;
    // libcurl does not allow removal within its callbacks
    transfer_->loop.post([transfer = transfer_] {
        if (transfer->owner) transfer->owner->remove(*transfer);
        transfer->calls = {};
    });
}

void Fetch::resume() {
    transfer_->loop.post([transfer = transfer_] {
        if (transfer->owner && !transfer->cancelled) transfer->owner->resume(*transfer);
    });
}

}  // namespace stretto::http
