// What a page reads of peers and of its own browser: heads of HTTP and SDP. What is taken is
// bounded, has no byte that would begin another line, and, printed as SDP, is read as the same.
#include "base/bytes.hpp"
#include "web/heads.hpp"

using namespace stretto;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

bool is_line(std::string_view text) {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) == text.npos;
}

void check_fields(const http::Fields& fields) {
    check(fields.size() <= 32);
    for (const auto& [name, value] : fields)
        check(!name.empty() && is_line(name) && is_line(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text(BytesView{data, size});
    if (const auto request = web::parse_request_head(text)) {
        check(request->target.starts_with('/') && is_line(request->target));
        check(is_line(request->method) && !request->fields.has("content-length"));
        check_fields(request->fields);
    }
    if (const auto response = web::parse_response_head(text)) {
        check(response->status >= 100 && response->status <= 599);
        check_fields(response->fields);
    }
    if (const auto signal = web::parse_sdp(text)) {
        check(signal->candidates.size() <= swarm::most_candidates);
        check(signal->fingerprint.size() == 64 && is_line(signal->ufrag));
        for (const auto& one : signal->candidates)
            check(one.address.size() <= 64 && one.port > 0 && one.port < 65536);
        auto answer = *signal;
        answer.kind = swarm::Signal::Kind::answer;
        auto again = web::parse_sdp(web::print_sdp(answer));
        check(static_cast<bool>(again));
        again->kind = answer.kind;
        check(*again == answer);
    }
    return 0;
}
