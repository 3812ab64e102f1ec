// Lists of songs: what is taken has ids, and is taken again as the same.
#include "report/catalogue.hpp"

using namespace stretto::report;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Catalogue catalogue;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (!add_songs(catalogue, text)) return 0;
    const auto songs = catalogue.size();
    if (catalogue.contains("")) __builtin_trap();
    if (!add_songs(catalogue, text) || catalogue.size() != songs) __builtin_trap();
    return 0;
}
