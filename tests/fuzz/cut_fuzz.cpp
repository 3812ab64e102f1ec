// Ogg pages, packets, splitter: any bytes as one input of stretto-chunk.
#include "publish/cut.hpp"
#include "repair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        stretto::publish::Cutter cutter{0.5};
        cutter.add_input(stretto::ogg::PageReader{{data, size}}, "input",
                         [](std::uint32_t) { return 96; });
        cutter.run([](const std::string&, stretto::BytesView) {});
    } catch (const stretto::Error& e) {
        if (e.exit() != EX_DATAERR) __builtin_trap();
    }
    return 0;
}
