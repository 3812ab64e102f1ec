// The catalogue of a bucket: what is read is printed again, and read as the same.
#include <cstdlib>

#include "base/bytes.hpp"
#include "store/summary.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto all = store::parse_summaries(as_text({data, size}));
    if (!all) return 0;
    const auto printed = store::print_summaries(*all);
    const auto again = store::parse_summaries(printed);
    if (!again || store::print_summaries(*again) != printed) std::abort();
    return 0;
}
