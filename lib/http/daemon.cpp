#include "http/daemon.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <utility>

#include "net/socket.hpp"

namespace stretto::http {

void Daemon::listen(Server& server, const std::vector<std::string>& addresses,
                    const Certificates* certificates,
                    const std::function<void(const net::Address&)>& each) {
    const auto take = [&](File socket, bool tls) {
        const auto here = net::local_address(socket.fd());
        if (each) each(here);
        std::cout << "listening on " << here.print() << std::endl;
        server.listen(std::move(socket), tls ? certificates : nullptr);
    };
    for (auto& [name, socket] : passed_) {
        net::refuse_unix(socket.fd(), name);
        take(std::move(socket), name != "http");
    }
    if (!passed_.empty()) return;
    for (auto where : addresses) {
        const bool tls = speaks_tls(where, certificates);
        for (const auto& address : net::listen_addresses({where}))
            take(std::move(net::listen(address, 1)[0]), tls);
    }
}

void Daemon::run(net::Loop& loop, Server& server, Status& status, std::string_view doing,
                 std::chrono::seconds grace, const std::function<void()>& on_end) {
    std::signal(SIGPIPE, SIG_IGN);
    net::Timer late{loop, [&] { loop.stop(); }};
    bool ending = false;
    const auto end = [&] {
        if (ending) return loop.stop();
        ending = true;
        manager_.stopping("finishing open responses");
        status.draining();
        if (on_end) on_end();
        server.drain([&] { loop.stop(); });
        late.once(grace);
    };
    net::Signal term{loop, SIGTERM, end}, interrupt{loop, SIGINT, end};
    net::Signal hangup{loop, SIGHUP, [this] {
                           manager_.reloading();
                           manager_.ready(reloads_.run());
                       }};
    net::Timer watchdog{loop, [this] { manager_.alive(); }};
    if (const auto period = manager_.watchdog()) watchdog.every(*period / 2);
    manager_.ready(doing);
    loop.run();
}

std::size_t client_connections(std::size_t most, std::size_t descriptors, std::size_t own) {
    return std::max<std::size_t>(
        1, std::min(most, descriptors > 2 * own ? descriptors - own : descriptors / 2));
}

}  // namespace stretto::http
