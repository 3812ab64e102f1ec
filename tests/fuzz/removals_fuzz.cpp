// A removal log from a stranger: what is read and printed is read alike.
#include <cstdint>

#include "song/removals.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace stretto::song;
    const auto all = parse_removals({reinterpret_cast<const char*>(data), size});
    if (!all) return 0;
    const auto again = parse_removals(print_removals(*all));
    if (!again || *again != *all) __builtin_trap();
    return 0;
}
