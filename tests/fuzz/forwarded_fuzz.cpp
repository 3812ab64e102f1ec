// What a trusted proxy passes on: for whom it asks is an address or nothing, and what we tell the
// next server means the same there.
#include <cstdint>

#include "http/forwarded.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto proxy = *net::parse_address("10.0.0.1");
    static const auto trusted = net::parse_networks({"10.0.0.0/8", "fd00::/8"});
    const auto half = text.find('\n');
    http::Fields fields{{"Forwarded", text.substr(0, half)}};
    if (half != std::string::npos) fields.add("X-Forwarded-For", text.substr(half + 1));
    const auto client = http::client_behind(proxy, fields, trusted);
    if (!client || !*client) return 0;
    http::forward_client(fields, **client, true);
    const auto again = http::client_behind(proxy, fields, trusted);
    if (!again || !*again || (*again)->ip() != (*client)->ip()) __builtin_trap();
    return 0;
}
