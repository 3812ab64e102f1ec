// Range, Content-Range and conditions from a stranger: no answer reaches beyond the bytes there
// are.
#include <cstring>

#include "base/bytes.hpp"
#include "http/range.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr Time now{Seconds{1767225600}};

void check_range(std::string_view text, std::uint64_t size) {
    const auto [kind, range] = wanted_range(text, size);
    if (kind == Wanted::part) {
        check(range.length > 0 && range.first < size && range.length <= size - range.first);
        const auto printed = print_content_range(range, size);
        const auto back = parse_content_range(printed);
        check(size == ~std::uint64_t{0} || (back && back->range == range && back->size == size));
    }
    const auto open = open_range(text);
    if (!open) return;
    if (open->last) check(open->first <= *open->last && *open->last + 1 > *open->last);
    if (open->first >= size) return check(kind == Wanted::unsatisfiable);
    check(kind == Wanted::part && range.first == open->first);
}

void check_content_range(std::string_view text) {
    const auto found = parse_content_range(text);
    if (!found) return;
    check(found->range.length > 0 && found->range.first < found->size &&
          found->range.length <= found->size - found->range.first);
}

void check_conditions(std::string_view text) {
    const std::string value{text};
    for (const auto name :
         {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"})
        (void)precondition({"GET", "/", 1, {{name, value}}}, "\"a\"", value, now);
    check(!if_range_holds({"GET", "/", 1, {{"If-Range", value}}}, "\"a\"", "", "", now) ||
          value == "\"a\"");
    check(!same_strongly(text, text) || same_weakly(text, text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t length = 0;
    if (size < sizeof length) return 0;
    std::memcpy(&length, data, sizeof length);
    const auto text = as_text({data + sizeof length, size - sizeof length});
    check_range(text, length);
    check_range("bytes=" + std::string{text}, length);
    check_content_range(text);
    check_conditions(text);
    return 0;
}
