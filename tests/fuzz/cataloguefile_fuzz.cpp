// The list of songs that an origin keeps over restarts.
#include <cstdint>

#include "edge/catalogue.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = stretto::edge::parse_catalogue_file({data, size});
    if (!file) return 0;
    std::size_t bytes = 0;
    for (const auto& row : file->rows) bytes += row.id.size() + row.tags.size() + 48;
    for (const auto& name : file->names) bytes += name.name.size() + name.id.size() + 32;
    if (bytes > size) __builtin_trap();
    return 0;
}
