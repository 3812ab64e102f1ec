#pragma once
// Addresses and listening TCP sockets.
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace stretto::net {

/// An IPv4 or IPv6 address with its port.
class Address {
   public:
    Address() = default;
    explicit Address(const sockaddr_storage& raw) : raw_(raw) {}
    /// 16 bytes of IPv6; an IPv4 address is the one that it maps to (RFC 4291 2.5.5.2).
    using Ip = std::array<unsigned char, 16>;
    Address(const Ip& ip, int port) noexcept;
    /// 0.0.0.0, mapped: its last four bytes are any IPv4 address's.
    static constexpr Ip mapped() { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; }

    const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&raw_); }
    socklen_t size() const noexcept;
    int family() const noexcept { return raw_.ss_family; }
    int port() const noexcept;
    Ip ip() const noexcept;
    /// "192.0.2.1" or "2001:db8::1"; an IPv4-mapped address as IPv4.
    std::string host() const;
    /// "192.0.2.1:80" or "[2001:db8::1]:80".
    std::string print() const;
    /// The host less what tells one person: the last byte of IPv4, all but 48 bits of IPv6 are 0.
    std::string network() const;
    /// What one client can hardly have many of: the IPv4 address, or the first 64 bits of IPv6.
    std::string source() const;

   private:
    std::string first_bytes(std::size_t n) const;

    sockaddr_storage raw_{};
};

/// "HOST:PORT", "[V6]:PORT", ":PORT" (every address) or "PORT" alone (this machine only); a name is
/// looked up. Malformed otherwise.
Result<std::vector<Address>> parse_listen(std::string_view text);

/// "192.0.2.1" or "2001:db8::1", with port 0; nullopt for anything else, such as names and ports.
std::optional<Address> parse_address(std::string_view text);

/// All of these; an Error (64) for what is none.
std::vector<Address> listen_addresses(const std::vector<std::string>& texts);

/// As many descriptors as the system allows, a million at most: each client takes one.
/// @return how many this process may have now
std::size_t raise_descriptors();

/// What a connection has carried lately by its acknowledgements, bit/s (tcpi_delivery_rate); 0 when
/// not known.
double delivery_rate(int fd) noexcept;

/// The address a socket is bound to.
Address local_address(int fd);

/// The same as text: "192.0.2.1:80", or "unix:PATH".
std::string print_local(int fd);

/// A connection that is being made, non-blocking: writable when it is there or has failed. No File
/// when it failed at once, with errno set.
File begin_connecting(const Address& to);

/// `count` sockets that listen on one address and share what comes (SO_REUSEPORT), non-blocking.
/// Port 0 is the same free port for all. An Error (69) when another program has the port.
std::vector<File> listen(Address address, unsigned count);

/// A UDP socket, non-blocking. An Error (69) when another program has the port.
File listen_udp(const Address& address);

/// A socket that listens at a path of the file system, for its owner alone; one that a program left
/// there is replaced. An Error (69) when another program listens, or there is something else.
File listen_unix(const std::string& path);

}  // namespace stretto::net
