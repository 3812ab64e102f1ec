#include "listen/control.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "net/socket.hpp"

namespace stretto::listen {
namespace {

// a client that does not read what it asked for
constexpr std::size_t most_unread = 1u << 20;
constexpr std::chrono::milliseconds between_changes{100};

}  // namespace

struct Control::Client {
    Client(Control& control, File accepted)
        : socket(std::move(accepted)),
          commands(control.player_),
          poll(
              std::make_unique<net::Poll>(control.loop_, socket.fd(), [this, &control](int events) {
                  if (!take(events)) control.drop(*this);
              })) {
        poll->want(net::Poll::readable);
    }

    /// @return false: it has left, or is to be dropped
    bool take(int events) {
        if (events & net::Poll::readable && !ended && !read()) return false;
        return send({});
    }
    bool read() {
        char bytes[4096];
        const auto got = ::recv(socket.fd(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
        ended = got == 0;  // it may still read what it asked for
        if (got > 0) in.append(bytes, static_cast<std::size_t>(got));
        for (auto end = in.find('\n'); end != in.npos; end = in.find('\n')) {
            const auto line = in.substr(0, end);
            in.erase(0, end + 1);
            if (is_full()) return false;
            out += commands.answer(line);
        }
        return in.size() <= Commands::most_line;
    }
    bool send(std::string_view more) {
        out += more;
        while (!out.empty()) {
            const auto sent =
                ::send(socket.fd(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && errno == EAGAIN) break;
            if (sent < 0) return false;
            out.erase(0, static_cast<std::size_t>(sent));
        }
        if (ended && out.empty()) return false;
        poll->want((ended ? 0 : net::Poll::readable) | (out.empty() ? 0 : net::Poll::writable));
        return true;
    }
    /// One answer may be longer, but nothing is added to it.
    bool is_full() const { return out.size() > most_unread; }

    File socket;
    Commands commands;
    std::string in, out;
    bool ended = false;
    std::unique_ptr<net::Poll> poll;
};

Control::Control(net::Loop& loop, Remote& player, const std::string& path)
    : loop_(loop),
      player_(player),
      path_(path),
      socket_(net::listen_unix(path)),
      poll_(std::make_unique<net::Poll>(loop, socket_.fd(), [this](int) { accept(); })),
      tick_(loop, [this] { tick(); }) {
    poll_->want(net::Poll::readable);
    tick_.every(between_changes);
}

Control::~Control() {
    for (auto& client : clients_) (void)client->send("{\"event\":\"shutdown\"}\n");
    ::unlink(path_.c_str());
}

void Control::accept() {
    File socket{::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    // one more is closed at once
    if (socket && clients_.size() < most_clients)
        clients_.push_back(std::make_unique<Client>(*this, std::move(socket)));
}

void Control::tick() {
    std::string begun;
    if (const auto plays = player_.state().plays; plays != plays_) {
        plays_ = plays;
        begun = "{\"event\":\"start-file\"}\n";
    }
    std::vector<Client*> gone;
    for (auto& client : clients_)
        if (!client->is_full() && !client->send(begun + client->commands.changes()))
            gone.push_back(client.get());
    for (auto* client : gone) drop(*client);
}

void Control::drop(Client& client) {
    const auto found = std::ranges::find(clients_, &client, &std::unique_ptr<Client>::get);
    if (found == clients_.end()) return;
    loop_.drop(std::move(*found));
    clients_.erase(found);
}

}  // namespace stretto::listen
