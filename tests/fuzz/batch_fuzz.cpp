// Events that strangers post: what is taken is JSON line by line, each an event that a report reads
// as it was, with what the server adds and nothing that only looks like it.
#include <nlohmann/json.hpp>

#include "events/batch.hpp"

using namespace stretto;
using namespace stretto::events;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

void check_line(Reader& reader, std::string_view line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    check(json.is_object());  // the last of equal keys counts, here and there
    check(json["received_ms"] == 1764000000000 && json["address"] == "192.0.2.0");
    check(json["sent_ms"] == 1763999999000);
    const std::string padded = std::string{line} + std::string(Reader::padding, '}');
    Event event;
    check(reader.read(std::string_view{padded}.substr(0, line.size()), event) == Line::event);
    check(event.received_ms == 1764000000000 && event.address == "192.0.2.0");
    check(json["session"] == event.session && json["seq"] == event.seq);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Reader reader;
    const auto batch =
        take_batch(reader, Bytes{data, data + size}, {1764000000000, 1763999999000, "192.0.2.0"});
    if (!batch) return 0;
    check(batch->too_many ? batch->lines.empty() : batch->count <= most_batch_lines);
    std::size_t count = 0;
    for (std::string_view rest = batch->lines; !rest.empty(); ++count) {
        const auto end = rest.find('\n');
        check(end != std::string_view::npos);
        check_line(reader, rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    check(batch->too_many || count == batch->count);
    return 0;
}
