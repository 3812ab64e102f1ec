#pragma once
// The slots of a Redis Cluster: which one a key is in, and which server has it.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "redis/reply.hpp"

namespace stretto::redis {

constexpr std::size_t slots = 16384;
using Slot = std::uint16_t;

/// CRC-16/XMODEM of the key, or of what stands between the first "{" and the next "}" unless that
/// is empty: keys with the same such tag are in one slot (Redis Cluster specification).
Slot slot_of(std::string_view key) noexcept;

/// A command as a server reads it (RESP, an array of strings).
std::string print_command(std::initializer_list<std::string_view> words);
std::string print_command(const std::vector<std::string>& words);

/// A server; its address is numeric.
struct Server {
    std::string host;
    int port = 0;
    auto operator<=>(const Server&) const = default;
    std::string print() const;
};
/// "192.0.2.1:6379", "2001:db8::1:6379"; of ":6379" the host is that of the server that says so.
std::optional<Server> parse_server(std::string_view text, const std::string& from);

/// Servers of ranges of slots, as CLUSTER SLOTS answers.
struct Range {
    Slot first = 0, last = 0;
    Server master;
    std::vector<Server> replicas;
};
constexpr std::size_t most_ranges = slots, most_servers = 1024;
/// @param from  the host that answered, for servers that do not know their own
Result<std::vector<Range>> parse_slots(const Reply& reply, const std::string& from);

/// "MOVED 3999 192.0.2.1:6381", "ASK 3999 192.0.2.1:6381": another server has the slot, or this
/// key of it.
struct Redirect {
    bool ask = false;
    Slot slot = 0;
    Server to;
};
std::optional<Redirect> parse_redirect(std::string_view error, const std::string& from);

/// Whether a command that fails with this error may succeed soon.
bool passes(std::string_view error) noexcept;

}  // namespace stretto::redis
