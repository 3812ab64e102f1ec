// A peer's Stretto-Have and Stretto-Parts, from a stranger: no chunk beyond the song's, and printed
// they are read back as the same.
#include "base/bytes.hpp"
#include "peer/have.hpp"

using namespace stretto;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t chunks = data[0];
    const auto field = as_text({data + 1, size - 1});
    if (const auto parts = peer::parse_parts(field, chunks)) {
        check(parts->size() <= 64);
        for (const auto& [chunk, set] : *parts)
            check(chunk >= 0 && static_cast<std::size_t>(chunk) < chunks && set != 0);
        check(peer::parse_parts(peer::print_parts(*parts), chunks) == parts);
    }
    const auto have = peer::parse_have(field, chunks);
    if (!have) return 0;
    check(have->size() == chunks);
    check(peer::parse_have(peer::print_have(*have), chunks) == have);
    return 0;
}
