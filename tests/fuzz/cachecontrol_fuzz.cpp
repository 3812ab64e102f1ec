// Cache-Control, structured dictionaries and dates from a stranger: nothing written in front hides
// what a line behind it forbids, and numbers stay within their bounds.
#include "base/bytes.hpp"
#include "http/cache_control.hpp"
#include "http/structured.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

void check_bounds(const CacheControl& control) {
    for (const auto& number : {control.max_age, control.s_maxage, control.stale_while_revalidate,
                               control.stale_if_error, control.min_fresh})
        check(!number || (*number >= Seconds{0} && *number <= Seconds{std::int64_t{1} << 31}));
    check(!control.max_stale || *control.max_stale >= Seconds{0});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string value{as_text({data, size})};
    const auto alone = parse_cache_control(value);
    check_bounds(alone);
    const auto both =
        cache_control({{"Cache-Control", value}, {"Cache-Control", "no-store, max-age=1"}});
    check(both.no_store && both.max_age && *both.max_age <= Seconds{1});
    check(both.is_private == alone.is_private && both.no_cache == alone.no_cache);
    check_bounds(governing({{"CDN-Cache-Control", value}}));
    check_bounds(request_control({{"Pragma", value}, {"Cache-Control", value}}));

    const auto name = print_token_or_string(value);
    const auto back = parse_dictionary("a=" + name);
    check(back && back->size() == 1 && std::holds_alternative<std::string>(back->front().value));

    constexpr Time now{Seconds{1767225600}};
    if (const auto time = parse_date(value, now)) check(parse_date(print_date(*time), now) == time);
    return 0;
}
