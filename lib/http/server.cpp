#include "http/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "http/connection.hpp"
#include "http/date.hpp"

namespace stretto::http {

void Reply::send(Outgoing&& response) const {
    if (private_) response.fields = privately(response.fields);
    connection_->send(number_, std::move(response));
}

void Reply::send(int status, std::string_view why, std::string fields) const {
    send(plain_answer(status, why, std::move(fields)));
}

void Reply::interim(const Response& response) const { connection_->interim(number_, response); }
void Reply::when_gone(std::function<void()> call) const {
    if (connection_) connection_->when_gone(number_, std::move(call));
}
bool Reply::over() const noexcept { return connection_->over(number_); }
net::Loop& Reply::loop() const noexcept { return connection_->loop(); }

Server::Server(net::Loop& loop, Handler& handler, const Limits& limits, Shared& shared)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      shared_(shared),
      lines_(shared.log),
      second_(loop, [this] { sweep(); }),
      resume_(loop, [this] { resume_accepting(); }) {
    second_.every(std::chrono::seconds{1});
}

Server::~Server() {
    auto connections = std::move(connections_);
    for (const auto& connection : connections) connection->close();
}

void Server::listen(File socket, const Certificates* certificates) {
    const int fd = socket.fd();
    listeners_.push_back({std::move(socket), certificates, nullptr});
    listeners_.back().poll = std::make_unique<net::Poll>(
        loop_, fd, [this, fd, certificates](int) { accept_from(fd, certificates); },
        net::Where::current());
    listeners_.back().poll->want(net::Poll::readable);
}

/// @return false if more clients may be waiting, and can be accepted
bool Server::accept_from(int socket, const Certificates* certificates) {
    constexpr int most_at_once = 64;  // each is answered at once while others wait
    for (int i = 0; i < most_at_once; ++i) {
        if (connections_.size() >= limits_.connections && !close_one_idle()) {
            pause_accepting();
            return true;
        }
        sockaddr_storage raw{};
        socklen_t size = sizeof raw;
        File client{::accept4(socket, reinterpret_cast<sockaddr*>(&raw), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!client) {
            if (errno == EAGAIN) return true;
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                if (close_one_idle()) continue;
                pause_accepting();
                return true;
            }
            continue;  // this client has already disconnected
        }
        // a trusted proxy names its client; refuse all others before a handshake
        if (const net::Address peer{raw}; !shared_.allows(peer) && !shared_.proxies.contain(peer)) {
            shared_.counters.not_allowed.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        if (!admit(std::move(client), net::Address{raw}, certificates)) return true;
    }
    return false;
}

/// @return false if there is no memory or descriptor left for another one
bool Server::admit(File socket, const net::Address& peer, const Certificates* certificates) {
    std::shared_ptr<Connection> started;
    try {
        auto connection =
            std::make_shared<Connection>(*this, std::move(socket), peer, certificates);
        connections_.insert(connection);
        started = std::move(connection);
    } catch (const std::exception&) {
        pause_accepting();
        return false;
    }
    shared_.counters.accepted.fetch_add(1, std::memory_order_relaxed);
    shared_.counters.open.fetch_add(1, std::memory_order_relaxed);
    started->start();
    bound_handshakes();
    return true;
}

/// Limit handshakes, so that clients that never finish them do not exclude others.
void Server::bound_handshakes() {
    while (handshakes_.size() > std::max<std::size_t>(1, limits_.connections / 2)) {
        shared_.counters.dropped_handshakes.fetch_add(1, std::memory_order_relaxed);
        handshakes_.front()->close();
    }
}

/// Close the connection that has been idle for the longest time.
bool Server::close_one_idle() {
    Connection* oldest = nullptr;
    for (const auto& connection : connections_)
        if (connection->spare() &&
            (!oldest || connection->idle_since_ms() < oldest->idle_since_ms()))
            oldest = connection.get();
    if (!oldest || loop_.now_ms() - oldest->idle_since_ms() < 100) return false;
    oldest->close();
    return true;
}

/// Stop accepting for a while, because polling would only spin. Clients wait in the kernel's queue.
void Server::pause_accepting() {
    if (paused_ || draining_) return;
    paused_ = true;
    shared_.counters.accept_pauses.fetch_add(1, std::memory_order_relaxed);
    for (auto& listener : listeners_) listener.poll->want(net::Poll::none);
    resume_.once(std::chrono::milliseconds{100});
}

void Server::resume_accepting() {
    paused_ = false;
    for (auto& listener : listeners_) listener.poll->want(net::Poll::readable);
}

void Server::drain(std::function<void()> done) {
    if (draining_) return;
    drained_ = std::move(done);
    // clients in the queue are connected, and would be reset when the socket is closed
    for (auto& listener : listeners_)
        while (!accept_from(listener.socket.fd(), listener.certificates)) {
        }
    draining_ = true;
    resume_.stop();
    listeners_.clear();
    std::vector<std::shared_ptr<Connection>> idle;
    for (const auto& connection : connections_)
        if (connection->idle() || connection->multiplexes()) idle.push_back(connection);
    for (const auto& connection : idle) connection->drain();
    if (connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void Server::sweep() {
    const std::uint64_t now = loop_.now_ms();
    std::vector<std::shared_ptr<Connection>> late;
    for (const auto& connection : connections_)
        if (connection->deadline_ms() <= now) late.push_back(connection);
    for (const auto& connection : late) connection->timed_out();
    lines_.flush();
}

void Server::remove(Connection& connection) {
    if (connections_.erase(connection.shared_from_this()) > 0)
        shared_.counters.open.fetch_sub(1, std::memory_order_relaxed);
    if (draining_ && connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

const std::string& Server::date() {
    const std::int64_t now = std::time(nullptr);
    if (now != date_second_) {
        date_second_ = now;
        date_ = print_date(Time{Seconds{now}});
    }
    return date_;
}

}  // namespace stretto::http
