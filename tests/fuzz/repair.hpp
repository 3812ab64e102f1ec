#pragma once
// A mutator that repairs the CRC of each Ogg page after libFuzzer changed something: else nothing
// behind the CRC check would ever be reached. Included once by a fuzz target.
#include <ogg/ogg.h>

#include <algorithm>
#include <numeric>

#include "base/bytes.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// Every page that is whole gets the CRC that belongs to it.
inline void repair_pages(std::span<std::uint8_t> bytes) {
    const auto magic = stretto::as_bytes("OggS");
    for (auto at = bytes.begin();
         (at = std::search(at, bytes.end(), magic.begin(), magic.end())) != bytes.end();) {
        const std::span page{at++, bytes.end()};
        if (page.size() < 27 || page.size() < 27u + page[26]) continue;
        const auto lacing = page.subspan(27, page[26]);
        const std::size_t header = 27 + lacing.size();
        const std::size_t body = std::accumulate(lacing.begin(), lacing.end(), std::size_t{0});
        if (page.size() < header + body) continue;
        ogg_page raw{page.data(), static_cast<long>(header), page.data() + header,
                     static_cast<long>(body)};
        ogg_page_checksum_set(&raw);
    }
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 8 != 0) repair_pages({data, size});  // a wrong CRC has to be met as well
    return size;
}
