#include "net/service.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>

namespace stretto::net {
namespace {

constexpr int first_passed = 3;
constexpr std::size_t most_passed = 1024;

template <class Number>
std::optional<Number> parse_number(std::string_view digits) {
    Number number{};
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (code != std::errc{} || end != digits.data() + digits.size()) return {};
    return number;
}

int option_of(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/// What a child would take for its own.
void remove_variables(std::initializer_list<const char*> names) {
    for (const auto* name : names) ::unsetenv(name);
}

std::string monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

Result<std::vector<std::string>> parse_passed(const PassedVariables& variables, long pid) {
    std::vector<std::string> names;
    if (!variables.pid || !variables.count || parse_number<long>(variables.pid) != pid)
        return names;
    const auto count = parse_number<std::size_t>(variables.count);
    if (!count || *count > most_passed)
        return Malformed{text("LISTEN_FDS '", variables.count, "' is not a number of sockets")};
    if (!variables.names) return std::vector<std::string>(*count, "unknown");
    std::string_view rest = variables.names;
    while (*count > 0) {
        const auto end = rest.find(':');
        names.emplace_back(rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    if (names.size() != *count)
        return Malformed{
            text("LISTEN_FDNAMES has ", names.size(), " names, LISTEN_FDS is ", *count)};
    return names;
}

std::vector<PassedSocket> take_passed_sockets() {
    auto names = parse_passed(
        {std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), std::getenv("LISTEN_FDNAMES")},
        ::getpid());
    if (!names) throw Error{EX_USAGE, names.error().why};
    remove_variables({"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"});
    std::vector<PassedSocket> sockets;
    int fd = first_passed;
    for (auto& name : *names) {
        if (option_of(fd, SO_ACCEPTCONN) != 1 || option_of(fd, SO_TYPE) != SOCK_STREAM)
            throw Error{EX_USAGE, text("descriptor ", fd, " ('", name,
                                       "') of the service manager is not a listening socket")};
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
        const int on = 1;  // connections inherit it; not for Unix sockets
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockets.push_back({std::move(name), File{fd++}});
    }
    return sockets;
}

void refuse_unix(int fd, const std::string& name) {
    if (option_of(fd, SO_DOMAIN) == AF_UNIX)
        throw Error{EX_USAGE, text("socket '", name, "' of the service manager is not for TCP")};
}

std::vector<File> share(File socket, unsigned count) {
    std::vector<File> sockets;
    while (sockets.size() + 1 < count) {
        sockets.emplace_back(::fcntl(socket.fd(), F_DUPFD_CLOEXEC, 0));
        if (!sockets.back()) throw system_error("share", "a listening socket");
    }
    sockets.push_back(std::move(socket));
    return sockets;
}

ServiceManager::ServiceManager() {
    const auto variable = [](const char* name) -> std::string {
        const char* value = std::getenv(name);
        return value ? value : "";
    };
    const auto path = variable("NOTIFY_SOCKET");
    const auto pid = variable("WATCHDOG_PID");
    const auto period_us = parse_number<std::int64_t>(variable("WATCHDOG_USEC"));
    remove_variables({"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"});
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
    path.copy(address.sun_path, path.size());
    if (path[0] == '@') address.sun_path[0] = '\0';  // abstract
    socket_ = File{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const timeval patience{1, 0};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (!socket_ ||
        ::setsockopt(socket_.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        ::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        socket_ = {};
        return;
    }
    if (period_us && *period_us >= 2000 && (pid.empty() || parse_number<long>(pid) == ::getpid()))
        watchdog_ = std::chrono::milliseconds{*period_us / 1000};
}

void ServiceManager::ready(std::string_view status) const {
    send(text("READY=1\nSTATUS=", status), 0);
}
void ServiceManager::reloading() const {
    send(text("RELOADING=1\nMONOTONIC_USEC=", monotonic_us()), 0);
}
void ServiceManager::stopping(std::string_view status) const {
    send(text("STOPPING=1\nSTATUS=", status), 0);
}
void ServiceManager::alive() const { send("WATCHDOG=1", MSG_DONTWAIT); }

void ServiceManager::send(std::string_view message, int flags) const {
    if (!socket_) return;
    while (::send(socket_.fd(), message.data(), message.size(), flags | MSG_NOSIGNAL) < 0 &&
           errno == EINTR) {
    }
}

}  // namespace stretto::net
