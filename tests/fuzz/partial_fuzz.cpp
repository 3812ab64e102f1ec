// Lines of partial reports: what is read is printed as what is read again.
#include "report/partial.hpp"

using namespace stretto::report;

namespace {

std::string print(const Partial& partial, const Dictionary& names) {
    if (partial.counts_only) return print_partial(partial.counts);
    if (partial.logged) return print_partial(*partial.logged, names);
    if (partial.reported) return print_reported(*partial.reported);
    // sums that a report makes of it must end, and be sane
    const auto& clock = partial.session.clock;
    if (clock.elapsed_ms() < 0 || clock.place(0).first_ms > clock.place(0).last_ms)
        __builtin_trap();
    return print_partial(partial.id, partial.session, names);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Dictionary names;
    const auto partial = parse_partial({reinterpret_cast<const char*>(data), size}, names);
    if (!partial) return 0;
    const auto printed = print(*partial, names);
    const auto again = parse_partial(printed, names);
    if (!again || print(*again, names) != printed) __builtin_trap();
    return 0;
}
