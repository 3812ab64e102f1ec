#include "http/proxy_protocol.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stretto::http {
namespace {

constexpr std::string_view signature1 = "PROXY ";
constexpr std::string_view signature2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t most_line = 107, head2 = 16, most_rest2 = 16384;

constexpr ProxyPreface broken{ProxyPreface::bad};

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc{} || end != digits.data() + digits.size()) return {};
    return port;
}

/// "TCP4 192.0.2.1 192.0.2.9 56324 443" or "UNKNOWN ..."
ProxyPreface read_line(std::string_view line, std::size_t size) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0;;) {
        const auto space = line.find(' ', at);
        words.push_back(line.substr(at, space - at));
        if (space == std::string_view::npos) break;
        at = space + 1;
    }
    if (words[0] == "UNKNOWN") return {ProxyPreface::whole, size};
    const bool tcp6 = words[0] == "TCP6";
    if ((!tcp6 && words[0] != "TCP4") || words.size() != 5) return broken;
    for (const auto address : {words[1], words[2]})
        if ((address.find(':') != std::string_view::npos) != tcp6) return broken;
    const auto from = net::parse_address(words[1]), to = net::parse_address(words[2]);
    const auto from_port = parse_port(words[3]);
    if (!from || !to || !from_port || !parse_port(words[4])) return broken;
    return {ProxyPreface::whole, size, net::Address{from->ip(), *from_port}};
}

ProxyPreface read_text(std::string_view bytes) {
    const auto window = bytes.substr(0, most_line);
    const auto end = window.find("\r\n");
    if (end == std::string_view::npos)
        return bytes.size() < most_line ? ProxyPreface{ProxyPreface::need_more} : broken;
    return read_line(window.substr(signature1.size(), end - signature1.size()), end + 2);
}

ProxyPreface read_binary(BytesView bytes) {
    const auto need_more = ProxyPreface{ProxyPreface::need_more};
    if (bytes.size() < head2) return need_more;
    const unsigned version = bytes[12] >> 4, command = bytes[12] & 15, kind = bytes[13];
    const std::size_t rest = bytes[14] * 256u + bytes[15];
    if (version != 2 || command > 1 || rest > most_rest2) return broken;
    if (bytes.size() < head2 + rest) return need_more;
    ProxyPreface preface{ProxyPreface::whole, head2 + rest};
    constexpr unsigned tcp4 = 0x11, tcp6 = 0x21;
    if (command == 0 || (kind != tcp4 && kind != tcp6)) return preface;
    // two addresses and two ports; the rest is ignored
    const std::size_t length = kind == tcp4 ? 4 : 16;
    if (rest < 2 * length + 4) return broken;
    const auto at = bytes.subspan(head2);
    net::Address::Ip ip = net::Address::mapped();
    std::copy_n(at.begin(), length, ip.end() - static_cast<std::ptrdiff_t>(length));
    preface.client =
        net::Address{ip, static_cast<std::uint16_t>(at[2 * length] * 256u + at[2 * length + 1])};
    return preface;
}

bool begin_alike(std::string_view bytes, std::string_view signature) {
    const auto n = std::min(bytes.size(), signature.size());
    return bytes.substr(0, n) == signature.substr(0, n);
}

}  // namespace

ProxyPreface read_proxy_preface(BytesView bytes) {
    const auto text = as_text(bytes);
    for (const auto signature : {signature1, signature2}) {
        if (!begin_alike(text, signature)) continue;
        if (text.size() < signature.size()) return {ProxyPreface::need_more};
        return signature == signature1 ? read_text(text) : read_binary(bytes);
    }
    return {};
}

}  // namespace stretto::http
