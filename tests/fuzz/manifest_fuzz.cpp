// A manifest and an index from a stranger: what is accepted must come back the same when printed.
#include "song/index.hpp"
#include "song/manifest.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes{data, size};
    if (const auto m = song::parse_manifest(as_text(bytes)))
        if (const auto back = song::parse_manifest(song::print_manifest(*m));
            !back || back->id != m->id)
            __builtin_trap();
    if (const auto index = song::parse_index(bytes))
        if (song::print_index(*index) != Bytes{bytes.begin(), bytes.end()}) __builtin_trap();
    (void)static_cast<bool>(song::parse_loudness(as_text(bytes)));
    return 0;
}
