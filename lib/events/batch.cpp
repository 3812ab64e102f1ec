#include "events/batch.hpp"

#include <algorithm>

namespace stretto::events {
namespace {

/// JSON's blanks (RFC 8259 2), which may stand behind an object.
std::string_view without_blanks(std::string_view line) {
    const auto last = line.find_last_not_of(" \t\r");
    return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Why it cannot be stored; nullptr: it can.
const char* fault_of(Reader& reader, std::string_view line, Event& event) {
    const auto read = line.front() == '{' ? reader.check(line, event) : Line::torn;
    if (read == Line::torn) return "not one whole JSON object";
    if (read == Line::foreign) return "lacks what every event has, or has it wrong";
    // who may write these could put words into the server's mouth
    if (event.received_ms >= 0 || !event.address.empty()) return "has what the server adds";
    return nullptr;
}

}  // namespace

Result<Batch> take_batch(Reader& reader, Bytes body, std::int64_t received_ms,
                         std::string_view address) {
    const std::size_t size = body.size();
    body.resize(size + Reader::padding);
    std::string_view rest = as_text(BytesView{body}.first(size));
    const auto added = text(",\"received_ms\":", received_ms, ",\"address\":\"", address, "\"}\n");
    Batch batch;
    batch.lines.reserve(size + size / 4 + added.size());
    Event event;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const auto whole = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), whole.size() + 1));
        const auto line = without_blanks(whole);
        if (line.empty()) continue;
        if (++batch.count > most_batch_lines) return Batch{{}, batch.count, true};
        if (const char* fault = fault_of(reader, line, event))
            return Malformed{text("line ", number, ": ", fault)};
        if (line.size() + added.size() > most_line_bytes)
            return Malformed{text("line ", number, ": longer than 64 kB")};
        batch.lines.append(line.substr(0, line.size() - 1)).append(added);
    }
    return batch;
}

}  // namespace stretto::events
