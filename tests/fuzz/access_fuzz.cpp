// Lines of access logs from anywhere: what is read is within its limits and lies in the line.
#include "base/bytes.hpp"
#include "report/access.hpp"

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
    if (!access) return 0;
    check(access->time_ms >= 0 && access->bytes >= 0 && access->status >= 0);
    check(access->status < 1000 && access->session.size() <= 256);
    for (const auto part : {access->cache, access->session, access->via})
        check(lies_in(part, line));
    return 0;
}
