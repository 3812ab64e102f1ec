// A response's head from a stranger, and everything a cache decides about it.
#include "base/bytes.hpp"
#include "http/freshness.hpp"
#include "http/parser.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr Time t0{Seconds{1767225600}};

void check_caching(const Response& response, const Request& request) {
    (void)may_store(request, response, t0);
    auto stored = to_store(request, response, t0, t0 + Seconds{1});
    check(!stored.fields.has("Connection") && stored.fields.has("Date"));
    check(vary_matches(stored, request) == !has_token(stored.fields, "Vary", "*"));
    const auto later = t0 + Seconds{100};
    check(lifetime(stored) >= Seconds{0} && current_age(stored, later) >= Seconds{99});
    check(use(stored, request, later) != Use::fresh ||
          lifetime(stored) > current_age(stored, later));
    (void)use_on_error(stored, request, true, later);
    const auto asks = validation(request, stored);
    check(asks.fields.count("If-None-Match") <= 1);
    if (selects({304, response.fields}, stored)) freshen(stored, {304, response.fields}, t0, later);
    (void)freshen_by_head(stored, response, t0, later);
    for (const auto& target : invalidated({"POST", "/a/b?c", 1, {}}, response, "a.example:8480"))
        check(target.starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto response = parse_response_head(as_text({data, size}));
    if (!response) return 0;
    const auto again = parse_response_head(print_head(*response));
    check(again && again->status == response->status && again->fields == response->fields);
    check_caching(*response, {"GET", "/", 1, {}});
    // the same fields as a request's
    check_caching(*response, {"GET", "/", 1, response->fields});
    return 0;
}
