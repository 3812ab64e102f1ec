// Lines of access logs from anywhere: what is read is within its limits and lies in the line.
// Erasing any id from it changes no number, and leaves nothing to erase.
#include "base/bytes.hpp"
#include "report/access.hpp"
#include "report/strike.hpp"

using namespace stretto;
using namespace stretto::report;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

bool lies_in(std::string_view part, std::string_view line) {
    return part.empty() ||
           (part.data() >= line.data() && part.data() + part.size() <= line.data() + line.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto line = as_text({data, size});
    const auto access = parse_access(line);
    // ids of all kinds, "-" among them, but not the empty one
    const auto is_id = [](std::string_view value) {
        return !value.empty() && value.size() % 2 == 1;
    };
    (void)mentions(line, is_id);
    std::string rest{line};
    const auto struck = strike(rest, is_id);
    check((struck == Struck::some) == (rest != line));
    const auto now = parse_access(rest);
    check(now.has_value() == access.has_value());
    if (!access) return 0;
    check(now->time_ms == access->time_ms && now->status == access->status);
    check(now->bytes == access->bytes && now->cache == access->cache && now->via == access->via);
    check(struck != Struck::refused);  // no field of a line depends on the parts that are replaced
    check(strike(rest, is_id) == Struck::nothing);
    check(access->time_ms >= 0 && access->bytes >= 0 && access->status >= 0);
    check(access->status < 1000 && access->session.size() <= 256);
    for (const auto part :
         {access->cache, access->session, access->via, access->request, access->referer})
        check(lies_in(part, line));
    return 0;
}
