// Event lines from strangers: what is accepted is within its limits, and no line of a buffer reads
// beyond its own.
#include <algorithm>
#include <string>

#include "base/bytes.hpp"
#include "events/reader.hpp"

using namespace stretto;
using namespace stretto::events;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

void check_event(const Event& e) {
    check(e.seq >= 0 && e.seq <= most_number && e.time_ms >= 0 && e.time_ms <= most_time_ms);
    check(!e.session.empty() && !e.listener.empty() && !e.song.empty());
    for (const auto name : {e.session, e.listener, e.place, e.song, e.source, e.from, e.network})
        check(name.size() <= most_name_bytes);
    for (const auto text : {e.title, e.artist, e.why}) check(text.size() <= most_text_bytes);
    for (const auto number : {e.bytes, e.kbps, e.heard_ms, e.audio_ms, e.used_ms, e.startup_ms})
        check(number >= -1 && number <= most_number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Reader reader;
    Event event;
    std::string_view rest = as_text({data, size});
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        // what is behind must not matter
        const std::string one = std::string{line} + std::string(Reader::padding, ' ');
        const std::string two = std::string{line} + std::string(Reader::padding, '}');
        const auto read = reader.read(std::string_view{one}.substr(0, line.size()), event);
        if (read == Line::event) check_event(event);
        check(reader.read(std::string_view{two}.substr(0, line.size()), event) == read);
    }
    return 0;
}
