// The files of AWS, and locations of buckets.
#include <cstdlib>

#include "base/bytes.hpp"
#include "s3/location.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text({data, size});
    for (const auto& [section, keys] : s3::parse_profiles(text))
        for (const auto& [key, value] : keys)
            if ((section + key + value).find('\n') != std::string::npos) std::abort();
    const auto location = s3::parse_location(text);
    if (!location) return 0;
    const auto printed =
        "s3://" + location->bucket + (location->prefix.empty() ? "" : "/" + location->prefix);
    const auto again = s3::parse_location(printed);
    if (!again || !(*again == *location)) std::abort();
    if (("/" + location->prefix + "/").find("/../") != std::string::npos) std::abort();
    return 0;
}
