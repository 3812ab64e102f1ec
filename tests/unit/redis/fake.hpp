#pragma once
// A made-up Redis server on the loop of a test: reads commands, answers what the test says.
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"
#include "net/turn.hpp"

namespace stretto::redis {

using Words = std::vector<std::string>;

inline std::string bulk(std::string_view words) {
    return text("$", words.size(), "\r\n", words, "\r\n");
}
inline std::string list(const std::vector<std::string>& items) {
    std::string all = text("*", items.size(), "\r\n");
    for (const auto& item : items) all += item;
    return all;
}
inline std::string number(long n) { return text(":", n, "\r\n"); }
inline const std::string nil = "$-1\r\n", fine = "+OK\r\n";

/// Takes one command off the front of `text`; nullopt: there is no whole one.
inline std::optional<Words> take_command(std::string& text) {
    std::size_t at = 0;
    const auto length = [&](char kind) -> std::optional<std::size_t> {
        const auto end = text.find("\r\n", at);
        if (end == text.npos || text[at] != kind) return {};
        std::size_t n = 0;
        std::from_chars(text.data() + at + 1, text.data() + end, n);
        at = end + 2;
        return n;
    };
    const auto count = length('*');
    if (!count) return {};
    Words words;
    for (std::size_t i = 0; i < *count; ++i) {
        const auto n = length('$');
        if (!n || text.size() < at + *n + 2) return {};
        words.push_back(text.substr(at, *n));
        at += *n + 2;
    }
    text.erase(0, at);
    return words;
}

class FakeServer {
   public:
    /// @return  the answer, as it is sent; empty: none; "close": the connection ends
    using Answer = std::function<std::string(const Words&)>;

    FakeServer(net::Loop& loop, Answer answer, int port = 0)
        : loop_(loop),
          answer_(std::move(answer)),
          socket_(std::move(net::listen(net::parse_listen(text("127.0.0.1:", port))->at(0), 1)[0])),
          port_(net::local_address(socket_.fd()).port()),
          accepts_(loop, socket_.fd(), [this](int) { accept(); }) {
        accepts_.want(net::Poll::readable);
    }
    int port() const { return port_; }
    std::size_t connections() const { return accepted_; }
    std::size_t reads() const { return reads_; }
    void hang_up() { clients_.clear(); }
    std::vector<Words> seen;

   private:
    struct Client {
        File socket;
        std::unique_ptr<net::Poll> poll;
        std::string text;
    };
    void accept() {
        File one{::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (one.fd() < 0) return;
        ++accepted_;
        clients_.push_back({std::move(one), {}, {}});
        const auto at = std::prev(clients_.end());
        at->poll =
            std::make_unique<net::Poll>(loop_, at->socket.fd(), [this, at](int) { read(at); });
        at->poll->want(net::Poll::readable);
    }
    void read(std::list<Client>::iterator at) {
        char bytes[65536];
        const auto n = ::read(at->socket.fd(), bytes, sizeof bytes);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) return void(clients_.erase(at));
        ++reads_;
        at->text.append(bytes, static_cast<std::size_t>(n));
        std::string out;
        while (auto words = take_command(at->text)) {
            seen.push_back(*words);
            const auto said = answer_(*words);
            if (said == "close") return void(clients_.erase(at));
            out += said;
        }
        while (!out.empty()) {
            const auto sent = ::send(at->socket.fd(), out.data(), out.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) continue;
            if (sent < 0) return void(clients_.erase(at));
            out.erase(0, static_cast<std::size_t>(sent));
        }
    }

    net::Loop& loop_;
    Answer answer_;
    File socket_;
    int port_;
    std::size_t accepted_ = 0, reads_ = 0;
    std::list<Client> clients_;
    net::Poll accepts_;
};

/// Runs the loop until `is`, for a minute at most. @return  whether it was so
inline bool run_until(net::Loop& loop, const std::function<bool()>& is) {
    if (is()) return true;
    net::Timer end{loop, [&] { loop.stop(); }};
    end.once(std::chrono::minutes{1});
    net::Turn turn{loop, [] {},
                   [&] {
                       if (is()) loop.stop();
                   }};
    net::Timer look{loop, [] {}};  // for what comes true with time
    look.every(std::chrono::milliseconds{10});
    loop.run();
    return is();
}

}  // namespace stretto::redis
