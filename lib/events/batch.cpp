#include "events/batch.hpp"

#include <algorithm>

#include "base/byte_set.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace stretto::events {
namespace {

/// JSON's blanks (RFC 8259 2), which may stand behind an object.
std::string_view without_blanks(std::string_view line) {
    const auto last = line.find_last_not_of(" \t\r");
    return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

constexpr ByteSet crockford{"0123456789abcdefghjkmnpqrstvwxyz"};
constexpr ByteSet id_bytes{
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._~:@+/=-"};

bool is_song(std::string_view id) { return id.size() == 32 && crockford.has_all_of(id); }

/// Why it cannot be stored; nullptr: it can.
const char* fault_of(Reader& reader, std::string_view line, Event& event) {
    const auto read = line.front() == '{' ? reader.check(line, event) : Line::torn;
    if (read == Line::torn) return "not one whole JSON object";
    if (read == Line::foreign) return "a required key is missing or invalid";
    // a client with these keys could forge the server's data
    if (event.received_ms >= 0 || event.sent_ms >= 0 || !event.address.empty() ||
        !event.token.empty())
        return "has a key that only the server adds";
    if (!is_song(event.song)) return "its song is not an id";
    if (!id_bytes.has_all_of(event.session)) return "its session is not an id";
    if (!id_bytes.has_all_of(event.listener)) return "its listener is not an id";
    return nullptr;
}

}  // namespace

Result<Batch> take_batch(Reader& reader, Bytes body, const Stamp& stamp) {
    const std::size_t size = body.size();
    body.resize(size + Reader::padding);
    std::string_view rest = as_text(BytesView{body}.first(size));
    const auto sent = stamp.sent_ms ? text(",\"sent_ms\":", *stamp.sent_ms) : "";
    std::string token;
    if (!stamp.token.empty()) append_json(token = ",\"token\":", stamp.token);
    const auto added = text(",\"received_ms\":", stamp.received_ms, sent, ",\"address\":\"",
                            stamp.address, '"', token, "}\n");
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
