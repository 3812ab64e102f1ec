// HTTP requests to a server on this machine as fast as one thread can, for track.sh: a connection
// each or kept alive. wrk will not do for opentracker, which closes without saying so: wrk writes
// the next request to the dead connection.
//   load ADDRESS PORT CONNECTIONS SECONDS close|keep <requests, each on a line as a JSON string
// With 0 SECONDS each request is sent once. Prints: requests, microseconds, p50 and p99 in
// microseconds, answers other than 200.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace stretto;
using Clock = std::chrono::steady_clock;

namespace {

struct Line {
    File socket;
    std::string answer;
    std::size_t needed = 0;  // bytes of the whole answer; 0: its head is not there yet
    std::size_t sent = 0;
    const std::string* request = nullptr;
    Clock::time_point began;
};

struct Load {
    Load(const sockaddr_in& to_, bool close_, std::vector<std::string> requests_)
        : to(to_),
          close(close_),
          requests(std::move(requests_)),
          poll(::epoll_create1(EPOLL_CLOEXEC)) {}

    void begin(Line& line) {
        if (once && next >= requests.size()) {
            line.socket = File{};
            return;
        }
        line.began = Clock::now();
        line.request = &requests[next++ % requests.size()];
        line.sent = line.needed = 0;
        line.answer.clear();
        if (!line.socket) {
            line.socket = File{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
            const int yes = 1;
            ::setsockopt(line.socket.fd(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            if (::connect(line.socket.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) !=
                    0 &&
                errno != EINPROGRESS)
                throw system_error("connect to", "the server");
            epoll_event event{};
            event.events = EPOLLIN | EPOLLOUT | EPOLLET;
            event.data.ptr = &line;
            ::epoll_ctl(poll.fd(), EPOLL_CTL_ADD, line.socket.fd(), &event);
        }
        send(line);
    }

    void send(Line& line) {
        while (line.sent < line.request->size()) {
            const auto n = ::send(line.socket.fd(), line.request->data() + line.sent,
                                  line.request->size() - line.sent, MSG_NOSIGNAL);
            if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
            if (n < 0) throw system_error("send to", "the server");
            line.sent += static_cast<std::size_t>(n);
        }
    }

    void read(Line& line) {
        for (;;) {
            const auto n = ::recv(line.socket.fd(), buffer.data(), buffer.size(), 0);
            if (n < 0 && errno == EAGAIN) return;
            if (n <= 0) throw Error{EX_UNAVAILABLE, "the server closed before it had answered"};
            line.answer.append(buffer.data(), static_cast<std::size_t>(n));
            if (line.needed == 0) line.needed = size_of(line.answer);
            if (line.needed > 0 && line.answer.size() >= line.needed) return finish(line);
        }
    }

    static std::size_t size_of(const std::string& answer) {
        const auto head = answer.find("\r\n\r\n");
        if (head == std::string::npos) return 0;
        constexpr std::string_view name = "Content-Length: ";
        std::size_t length = 0;
        const auto at = answer.find(name);
        if (at < head)
            std::from_chars(answer.data() + at + name.size(), answer.data() + head, length);
        return head + 4 + length;
    }

    void finish(Line& line) {
        us.push_back(std::chrono::duration<float, std::micro>{Clock::now() - line.began}.count());
        if (!line.answer.starts_with("HTTP/1.1 200")) ++others;
        if (close) line.socket = File{};
        if (!over) begin(line);
    }

    void run(std::size_t connections, std::chrono::milliseconds time) {
        std::vector<Line> lines(connections);
        const auto began = Clock::now(), end = began + time;
        once = time.count() == 0;
        for (auto& line : lines) begin(line);
        std::array<epoll_event, 256> events;
        while (once ? us.size() < requests.size() : Clock::now() < end) {
            // it does not sleep: to wake it would be the server's work, and clients elsewhere are
            // not woken by the server
            const int n = ::epoll_wait(poll.fd(), events.data(), events.size(), once ? 100 : 0);
            if (n == 0) ::sched_yield();
            for (int i = 0; i < n; ++i) {
                auto& line = *static_cast<Line*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (!line.socket) continue;
                if (line.sent < line.request->size()) send(line);
                if (events[static_cast<std::size_t>(i)].events & ~static_cast<unsigned>(EPOLLOUT))
                    read(line);
            }
        }
        over = true;
        tell(Clock::now() - began);
    }

    void tell(Clock::duration took) {
        std::ranges::sort(us);
        const auto at = [&](double share) {
            return us.empty()
                       ? 0.0f
                       : us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
        };
        std::printf("%zu %.0f %.0f %.0f %zu\n", us.size(),
                    std::chrono::duration<double, std::micro>{took}.count(), at(0.5), at(0.99),
                    others);
    }

    sockaddr_in to;
    bool close;
    std::vector<std::string> requests;
    File poll;
    std::size_t next = 0, others = 0;
    bool over = false, once = false;
    std::vector<float> us;
    std::array<char, 65536> buffer;
};

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 6) return EX_USAGE;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
    ::inet_pton(AF_INET, argv[1], &to.sin_addr);
    std::vector<std::string> requests;
    for (std::string line; std::getline(std::cin, line);)
        requests.push_back(nlohmann::json::parse(line).get<std::string>());
    Load load{to, std::string_view{argv[5]} == "close", std::move(requests)};
    load.run(static_cast<std::size_t>(std::atoi(argv[3])),
             std::chrono::milliseconds{static_cast<int>(std::atof(argv[4]) * 1000)});
} catch (const std::exception& failure) {
    std::cerr << "load: " << failure.what() << '\n';
    return EXIT_FAILURE;
}
