// Lines of a store's change log.
#include <cstdint>

#include "song/id.hpp"
#include "store/changes.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto change = store::parse_change({reinterpret_cast<const char*>(data), size});
    if (!change) return 0;
    const bool good =
        change->kind == store::Change::song ? song::is_id(change->key) : song::is_name(change->key);
    if (!good) __builtin_trap();
    return 0;
}
