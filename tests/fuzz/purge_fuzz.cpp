// A request to purge from a stranger: what is read and printed is read alike.
#include <cstdint>

#include "edge/purge.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto purge = stretto::edge::parse_purge({reinterpret_cast<const char*>(data), size});
    if (!purge) return 0;
    if (purge->what.empty() || purge->what.size() > stretto::edge::most_purged) __builtin_trap();
    const auto again = stretto::edge::parse_purge(stretto::edge::print_purge(*purge));
    if (!again || again->what != purge->what || again->hard != purge->hard) __builtin_trap();
    return 0;
}
