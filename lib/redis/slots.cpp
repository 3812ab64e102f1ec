#include "redis/slots.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"
#include "net/socket.hpp"

namespace stretto::redis {
namespace {

constexpr auto crc_table = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned i = 0; i < 256; ++i) {
        auto crc = static_cast<std::uint16_t>(i << 8);
        for (int bit = 0; bit < 8; ++bit)
            crc = static_cast<std::uint16_t>(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        table[i] = crc;
    }
    return table;
}();

template <class Number>
bool read(std::string_view text, Number& to) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), to);
    return code == std::errc{} && end == text.data() + text.size();
}

template <class Words>
std::string print(const Words& words) {
    std::size_t bytes = 16;
    for (const auto& word : words) bytes += word.size() + 16;
    std::string out;
    out.reserve(bytes);
    const auto number = [&](char kind, std::size_t n) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
        out += kind;
        out.append(digits.data(), end);
        out += "\r\n";
    };
    number('*', words.size());
    for (const auto& word : words) {
        number('$', word.size());
        out += word;
        out += "\r\n";
    }
    return out;
}

std::optional<Server> server_of(const Reply& said, const std::string& from) {
    if (said.size() < 2) return {};
    const auto host = said[0].text();
    const auto port = said[1].number();
    if (port < 1 || port > 65535) return {};
    if (!host.empty() && !net::parse_address(host)) return {};
    return Server{host.empty() ? from : std::string{host}, static_cast<int>(port)};
}

}  // namespace

Slot slot_of(std::string_view key) noexcept {
    if (const auto open = key.find('{'); open != key.npos)
        if (const auto close = key.find('}', open + 1); close != key.npos && close > open + 1)
            key = key.substr(open + 1, close - open - 1);
    std::uint16_t crc = 0;
    for (const char c : key)
        crc = static_cast<std::uint16_t>(crc << 8 ^
                                         crc_table[(crc >> 8 ^ static_cast<unsigned char>(c))]);
    return crc % slots;
}

std::string print_command(std::initializer_list<std::string_view> words) { return print(words); }
std::string print_command(const std::vector<std::string>& words) { return print(words); }

std::string Server::print() const {
    return host.find(":") == host.npos ? text(host, ":", port) : text("[", host, "]:", port);
}

std::optional<Server> parse_server(std::string_view text, const std::string& from) {
    if (const auto at = text.find('@'); at != text.npos) text = text.substr(0, at);
    const auto colon = text.rfind(':');
    if (colon == text.npos) return {};
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    Server server{host.empty() ? from : std::string{host}, 0};
    if (!read(text.substr(colon + 1), server.port) || server.port < 1 || server.port > 65535)
        return {};
    if (!host.empty() && !net::parse_address(host)) return {};
    return server;
}

Result<std::vector<Range>> parse_slots(const Reply& reply, const std::string& from) {
    if (reply.has_failed()) return Malformed{"no list of slots"};
    if (reply.size() == 0 || reply.size() > most_ranges)
        return Malformed{"no list of slots, or too long"};
    std::vector<Range> ranges;
    std::set<Server> all;
    for (std::size_t i = 0; i < reply.size(); ++i) {
        const auto one = reply[i];
        const auto first = one[0].number(), last = one[1].number();
        const auto most = static_cast<std::int64_t>(slots);
        if (one.size() < 3 || first < 0 || last < first || last >= most)
            return Malformed{"a range of slots is wrong"};
        const auto master = server_of(one[2], from);
        if (!master) return Malformed{"the address of a server is not numeric"};
        Range range{static_cast<Slot>(first), static_cast<Slot>(last), *master, {}};
        all.insert(*master);
        for (std::size_t k = 3; k < one.size() && all.size() < most_servers; ++k)
            if (auto replica = server_of(one[k], from)) {
                all.insert(*replica);
                range.replicas.push_back(std::move(*replica));
            }
        if (all.size() > most_servers) return Malformed{"too many servers"};
        ranges.push_back(std::move(range));
    }
    return ranges;
}

std::optional<Redirect> parse_redirect(std::string_view error, const std::string& from) {
    Redirect found;
    if (error.starts_with("ASK "))
        found.ask = true;
    else if (!error.starts_with("MOVED "))
        return {};
    error.remove_prefix(error.find(' ') + 1);
    const auto space = error.find(' ');
    unsigned slot = 0;
    if (space == error.npos || !read(error.substr(0, space), slot) || slot >= slots) return {};
    const auto to = parse_server(error.substr(space + 1), from);
    if (!to) return {};
    found.slot = static_cast<Slot>(slot);
    found.to = *to;
    return found;
}

bool passes(std::string_view error) noexcept {
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"TRYAGAIN", "CLUSTERDOWN", "LOADING", "READONLY",
                                                "MASTERDOWN", "BUSY", "MOVED", "ASK"},
        [&](std::string_view word) { return error.starts_with(word); });
}

}  // namespace stretto::redis
