// A connection's bytes: whatever comes, what is read does not depend on how it was cut, and what is
// accepted says the same when it is written down and read again.
#include "http/parser.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

using Step = RequestParser::Step;

void check(bool holds) {
    if (!holds) __builtin_trap();
}

std::string print(const Request& request) {
    auto out =
        request.method + " " + request.target + " HTTP/1." + std::to_string(request.minor) + "\r\n";
    for (const auto& field : request.fields) out += field.name + ": " + field.value + "\r\n";
    return out + "\r\n";
}

void check_request(const RequestParser& parser) {
    const auto& request = parser.request();
    check(request.target == "*" || request.target.starts_with('/'));
    if (const auto target = parse_target(request.target)) {
        check(target->path.find("/../") == std::string::npos && !target->path.ends_with("/.."));
        (void)query_value(target->query, "kbps");
    }
    const auto printed = print(request);
    if (printed.size() > most_head_bytes) return;  // blanks were put behind the colons
    auto bytes = as_bytes(printed);
    RequestParser again;
    check(again.read(bytes) == Step::head && bytes.empty());
    check(again.request().fields == request.fields && again.request().target == request.target);
    check(again.content_length() == parser.content_length() &&
          again.has_body() == parser.has_body() && again.keep_alive() == parser.keep_alive());
}

/// All that was read, as text.
std::string read_all(BytesView wire, std::size_t piece) {
    std::string seen, buffer;
    RequestParser parser;
    while (!wire.empty()) {
        const auto taken = wire.first(std::min(piece, wire.size()));
        buffer += as_text(taken);
        wire = wire.subspan(taken.size());
        auto bytes = as_bytes(buffer);
        for (auto step = parser.read(bytes); step != Step::need_more; step = parser.read(bytes)) {
            if (step == Step::bad) return seen + "bad " + std::to_string(parser.bad().status);
            if (step == Step::done) seen += "done ";
            if (step == Step::body) seen += as_text(parser.body());
            if (step != Step::head) continue;
            seen += print(parser.request());
            check_request(parser);
        }
        check(bytes.size() < most_head_bytes);
        buffer.assign(as_text(bytes));
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView wire{data + 1, size - 1};
    const auto whole = read_all(wire, wire.size());
    check(read_all(wire, 1u + data[0]) == whole);
    (void)static_cast<bool>(parse_target(as_text(wire)));
    return 0;
}
