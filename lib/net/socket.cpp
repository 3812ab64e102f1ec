#include "net/socket.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>  // glibc's tcp_info ends before the delivery rate
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "base/note.hpp"

namespace stretto::net {
namespace {

const sockaddr_in& v4(const sockaddr_storage& raw) {
    return reinterpret_cast<const sockaddr_in&>(raw);
}
const sockaddr_in6& v6(const sockaddr_storage& raw) {
    return reinterpret_cast<const sockaddr_in6&>(raw);
}

std::string print_v6(const in6_addr& address) {
    char out[INET6_ADDRSTRLEN];
    return inet_ntop(AF_INET6, &address, out, sizeof out) ? out : "?";
}

/// Not by inet_ntop, whose sprintf was a twelfth of a request's instructions: every log line has
/// one.
std::string print_v4(const unsigned char* bytes) {
    char out[INET_ADDRSTRLEN];
    char* end = out;
    for (int i = 0; i < 4; ++i) {
        if (i > 0) *end++ = '.';
        end = std::to_chars(end, out + sizeof out, bytes[i]).ptr;
    }
    return {out, end};
}

/// The four bytes of an IPv4 address, or of one mapped into IPv6; nullptr for other IPv6.
const unsigned char* four_bytes(const sockaddr_storage& raw) {
    if (raw.ss_family == AF_INET) return reinterpret_cast<const unsigned char*>(&v4(raw).sin_addr);
    const in6_addr& a = v6(raw).sin6_addr;
    return IN6_IS_ADDR_V4MAPPED(&a) ? a.s6_addr + 12 : nullptr;
}

void set(int fd, int level, int option, int value, const Address& address) {
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0)
        throw system_error("listen on", address.print());
}

/// @param shared  other sockets of ours may listen there too
File bind_one(const Address& address, bool shared) {
    File file{::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!file) throw system_error("listen on", address.print());
    set(file.fd(), SOL_SOCKET, SO_REUSEADDR, 1, address);
    if (shared) set(file.fd(), SOL_SOCKET, SO_REUSEPORT, 1, address);
    if (address.family() == AF_INET6) set(file.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1, address);
    set(file.fd(), IPPROTO_TCP, TCP_NODELAY, 1, address);  // accepted sockets inherit it
    if (::bind(file.fd(), address.raw(), address.size()) != 0 ||
        (!shared && ::listen(file.fd(), 1) != 0)) {
        const int code = errno;
        throw Error{EX_UNAVAILABLE, text("cannot listen on ", address.print(), ": ",
                                         std::generic_category().message(code))};
    }
    return file;
}

}  // namespace

Address::Address(const Ip& ip, int port) noexcept {
    if (std::equal(ip.begin(), ip.begin() + 12, mapped().begin())) {
        auto& raw = reinterpret_cast<sockaddr_in&>(raw_);
        raw.sin_family = AF_INET;
        raw.sin_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&raw.sin_addr, ip.data() + 12, 4);
        return;
    }
    auto& raw = reinterpret_cast<sockaddr_in6&>(raw_);
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&raw.sin6_addr, ip.data(), ip.size());
}

Address::Ip Address::ip() const noexcept {
    Ip ip = mapped();
    if (const auto* four = four_bytes(raw_))
        std::memcpy(ip.data() + 12, four, 4);
    else
        std::memcpy(ip.data(), &v6(raw_).sin6_addr, ip.size());
    return ip;
}

socklen_t Address::size() const noexcept {
    return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

int Address::port() const noexcept {
    return ntohs(family() == AF_INET6 ? v6(raw_).sin6_port : v4(raw_).sin_port);
}

std::string Address::host() const {
    if (const auto* four = four_bytes(raw_)) return print_v4(four);
    return print_v6(v6(raw_).sin6_addr);
}

std::string Address::print() const {
    return four_bytes(raw_) ? text(host(), ":", port()) : text("[", host(), "]:", port());
}

std::string Address::network() const {
    if (const auto* four = four_bytes(raw_)) {
        const unsigned char kept[4] = {four[0], four[1], four[2], 0};
        return print_v4(kept);
    }
    return first_bytes(6);
}

std::string Address::source() const { return four_bytes(raw_) ? host() : first_bytes(8); }

/// The first n bytes of an IPv6 address, the others 0.
std::string Address::first_bytes(std::size_t n) const {
    in6_addr kept{};
    std::memcpy(kept.s6_addr, v6(raw_).sin6_addr.s6_addr, n);
    return print_v6(kept);
}

Result<std::vector<Address>> parse_listen(std::string_view text_) {
    std::string host = "127.0.0.1", port{text_};
    const auto colon = text_.rfind(':');
    if (colon != std::string_view::npos) {
        host = text_.substr(0, colon);
        port = text_.substr(colon + 1);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']')
            host = host.substr(1, host.size() - 2);
        else if (host.find_first_of(":[]") != std::string::npos)
            return Malformed{
                text("'", text_, "' is not HOST:PORT (an IPv6 address needs brackets)")};
    }
    int number = -1;
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (code != std::errc{} || end != port.data() + port.size() || number < 0 || number > 65535)
        return Malformed{text("'", text_, "' needs a port from 0 to 65535")};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int failed =
            getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found))
        return Malformed{text("'", text_, "': ", gai_strerror(failed))};
    std::vector<Address> addresses;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        sockaddr_storage raw{};
        std::memcpy(&raw, one->ai_addr, one->ai_addrlen);
        addresses.emplace_back(raw);
    }
    freeaddrinfo(found);
    return addresses;
}

std::optional<Address> parse_address(std::string_view text_) {
    const std::string copy{text_};
    if (copy.find('\0') != std::string::npos) return {};
    Address::Ip ip = Address::mapped();
    if (inet_pton(AF_INET, copy.c_str(), ip.data() + 12) != 1 &&
        inet_pton(AF_INET6, copy.c_str(), ip.data()) != 1)
        return {};
    return Address{ip, 0};
}

std::vector<Address> listen_addresses(const std::vector<std::string>& texts) {
    std::vector<Address> all;
    for (const auto& one : texts) {
        auto found = parse_listen(one);
        if (!found) throw Error{EX_USAGE, found.error().why};
        all.insert(all.end(), found->begin(), found->end());
    }
    return all;
}

std::size_t raise_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return std::min<std::size_t>(limit.rlim_cur, 1u << 20);
}

double delivery_rate(int fd) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_delivery_rate) + sizeof info.tcpi_delivery_rate)
        return 0;
    return static_cast<double>(info.tcpi_delivery_rate) * 8;
}

Address local_address(int fd) {
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0)
        throw system_error("ask the address of", "a socket");
    return Address{raw};
}

std::string print_local(int fd) {
    sockaddr_un local{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0)
        throw system_error("ask the address of", "a socket");
    if (local.sun_family != AF_UNIX) return local_address(fd).print();
    const auto length =
        size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
    return "unix:" + printable(std::string{local.sun_path, ::strnlen(local.sun_path, length)});
}

File begin_connecting(const Address& to) {
    File file{::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (file && ::connect(file.fd(), to.raw(), to.size()) != 0 && errno != EINPROGRESS) return {};
    return file;
}

File listen_udp(const Address& address) {
    File file{::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1;
    // as TCP sockets are: an IPv4 address beside it has a socket of its own
    if (file && address.family() == AF_INET6)
        ::setsockopt(file.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (file && ::bind(file.fd(), address.raw(), address.size()) == 0) return file;
    const int code = errno;
    throw Error{EX_UNAVAILABLE, text("cannot listen on udp:", address.print(), ": ",
                                     std::generic_category().message(code))};
}

File listen_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto fail = [&](const std::string& why) {
        return Error{EX_UNAVAILABLE, text("cannot listen on 'unix:", path, "': ", why)};
    };
    if (path.empty() || path.size() >= sizeof address.sun_path) throw fail("no such path");
    path.copy(address.sun_path, path.size());
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    const auto make = [] {
        return File{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    };
    struct stat info;
    if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
        const auto probe = make();
        if (::connect(probe.fd(), raw, sizeof address) != 0 && errno == ECONNREFUSED)
            ::unlink(path.c_str());
    }
    auto file = make();
    const auto mask = ::umask(0177);
    const bool bound = file && ::bind(file.fd(), raw, sizeof address) == 0;
    const int code = errno;
    ::umask(mask);
    if (!bound) throw fail(std::generic_category().message(code));
    if (::listen(file.fd(), SOMAXCONN) != 0) throw fail(std::generic_category().message(errno));
    return file;
}

std::vector<File> listen(Address address, unsigned count) {
    // shared sockets would quietly join those of another program of the same user
    if (address.port() != 0) bind_one(address, false);
    std::vector<File> sockets;
    for (unsigned i = 0; i < count; ++i) {
        sockets.push_back(bind_one(address, true));
        if (i == 0) address = local_address(sockets[0].fd());
    }
    for (const auto& socket : sockets)
        if (::listen(socket.fd(), SOMAXCONN) != 0) {
            const int code = errno;
            throw Error{EX_UNAVAILABLE, text("cannot listen on ", address.print(), ": ",
                                             std::generic_category().message(code))};
        }
    return sockets;
}

}  // namespace stretto::net
