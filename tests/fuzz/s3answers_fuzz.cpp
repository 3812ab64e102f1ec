// Lists and errors of an object store: whatever it sends, what is taken from it is bounded and
// printable.
#include <cstdlib>

#include "base/bytes.hpp"
#include "s3/xml.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto xml = as_text({data, size});
    if (const auto page = s3::parse_list(xml)) {
        std::size_t bytes = page->next.size();
        for (const auto& object : page->objects) {
            if (object.key.empty() || object.bytes < 0) std::abort();
            bytes += object.key.size() + object.tag.size();
        }
        for (const auto& prefix : page->prefixes) {
            if (prefix.empty()) std::abort();
            bytes += prefix.size();
        }
        if (bytes > size) std::abort();  // no entity or escape grows
    }
    const auto refusal = s3::parse_error(xml);
    for (const auto* text : {&refusal.code, &refusal.message}) {
        if (text->size() > 200) std::abort();
        for (const char c : *text)
            if (static_cast<unsigned char>(c) < ' ') std::abort();
    }
    return 0;
}
