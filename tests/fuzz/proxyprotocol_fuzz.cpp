// What a TCP proxy says first: never reads beyond its bytes, never takes more of them than it was
// given, and what is cut short is never whole before its last byte.
#include <cstdint>

#include "http/proxy_protocol.hpp"

using namespace stretto;
using http::ProxyPreface;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto preface = http::read_proxy_preface({data, size});
    if (preface.step != ProxyPreface::whole) return 0;
    if (preface.size == 0 || preface.size > size) __builtin_trap();
    const auto before = http::read_proxy_preface({data, preface.size - 1});
    if (before.step != ProxyPreface::need_more) __builtin_trap();
    const auto alone = http::read_proxy_preface({data, preface.size});
    if (alone.step != ProxyPreface::whole || alone.size != preface.size) __builtin_trap();
    if (preface.client) {
        const auto host = preface.client->host();
        const auto again = net::parse_address(host);
        if (!again || again->ip() != preface.client->ip()) __builtin_trap();
    }
    return 0;
}
