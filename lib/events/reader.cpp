#include "events/reader.hpp"

#include <simdjson.h>

#include <array>
#include <new>
#include <utility>

namespace stretto::events {
namespace {

namespace json = simdjson::ondemand;

constexpr std::array<std::pair<std::string_view, Kind>, 12> kinds{{{"progress", Kind::progress},
                                                                   {"chunk", Kind::chunk},
                                                                   {"start", Kind::start},
                                                                   {"playing", Kind::playing},
                                                                   {"switch", Kind::switched},
                                                                   {"stall", Kind::stall},
                                                                   {"resume", Kind::resume},
                                                                   {"pause", Kind::pause},
                                                                   {"seek", Kind::seek},
                                                                   {"reject", Kind::reject},
                                                                   {"upload", Kind::upload},
                                                                   {"end", Kind::end}}};

Kind kind_of(std::string_view name) {
    for (const auto& [known, kind] : kinds)
        if (known == name) return kind;
    return Kind::other;
}

struct Number {
    std::string_view key;
    std::int64_t Event::*at;
};
constexpr Number numbers[] = {{"seq", &Event::seq},
                              {"time_ms", &Event::time_ms},
                              {"heard_ms", &Event::heard_ms},
                              {"buffer_ms", &Event::buffer_ms},
                              {"kbps", &Event::kbps},
                              {"bytes", &Event::bytes},
                              {"audio_ms", &Event::audio_ms},
                              {"used_ms", &Event::used_ms},
                              {"ms", &Event::ms},
                              {"first_byte_ms", &Event::first_byte_ms},
                              {"startup_ms", &Event::startup_ms},
                              {"index", &Event::index},
                              {"received_ms", &Event::received_ms},
                              {"sent_ms", &Event::sent_ms}};
struct Text {
    std::string_view key;
    std::string_view Event::*at;
    std::size_t most;
};
constexpr Text texts[] = {
    {"session", &Event::session, most_name_bytes}, {"listener", &Event::listener, most_name_bytes},
    {"place", &Event::place, most_name_bytes},     {"song", &Event::song, most_name_bytes},
    {"source", &Event::source, most_name_bytes},   {"from", &Event::from, most_name_bytes},
    {"why", &Event::why, most_text_bytes},         {"title", &Event::title, most_text_bytes},
    {"artist", &Event::artist, most_text_bytes},   {"network", &Event::network, most_name_bytes},
    {"address", &Event::address, most_name_bytes}, {"token", &Event::token, most_name_bytes}};

/// At most `most` bytes, not ending within a character (RFC 3629).
std::string_view cut(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    return text.substr(0, most);
}

enum class Field { fine, wrong, broken };

Field read_number(json::value value, std::int64_t& to) {
    std::int64_t number = 0;
    if (value.get_int64().get(number)) return Field::wrong;
    if (number < 0 || number > most_number) return Field::wrong;
    to = number;
    return Field::fine;
}

/// A name must fit, for cut it could be another's.
Field read_text(std::string_view key, std::string_view text, Event& event, bool& named) {
    if (key == "event") {
        event.kind = kind_of(text);
        named = true;
        return Field::fine;
    }
    for (const auto& known : texts)
        if (known.key == key) {
            if (known.most == most_name_bytes && text.size() > known.most) return Field::wrong;
            event.*known.at = cut(text, known.most);
            return Field::fine;
        }
    for (const auto& number : numbers)
        if (number.key == key) return Field::wrong;
    return key == "hit" ? Field::wrong : Field::fine;
}

Field read_field(std::string_view key, json::value value, Event& event, bool& named,
                 const json::parser& parser, std::uint8_t*& texts_end) {
    // a bracket in place of a value would end the object, for all that simdjson checks by itself
    json::json_type type{};
    if (value.type().get(type)) return Field::broken;
    // left unread, a text before a colon would be passed over as a key
    if (type == json::json_type::string) {
        json::raw_json_string raw;
        std::string_view text;
        if (value.get_raw_json_string().get(raw) || parser.unescape(raw, texts_end).get(text))
            return Field::broken;
        return read_text(key, text, event, named);
    }
    for (const auto& number : numbers)
        if (number.key == key) return read_number(value, event.*number.at);
    if (key == "event") return Field::wrong;
    for (const auto& text : texts)  // the `from` of a switch is a bitrate, that of a chunk a name
        if (text.key == key && key != "from") return Field::wrong;
    if (key == "hit") {
        bool hit = false;
        if (value.get_bool().get(hit)) return Field::wrong;
        event.hit = hit;
    }
    return Field::fine;
}

}  // namespace

struct Reader::Parser {
    json::parser parser;
    simdjson::dom::parser strict;
    std::array<std::uint8_t, most_line_bytes + padding> texts;
};

Reader::Reader() : parser_(std::make_unique<Parser>()) {}
Reader::~Reader() = default;

Line Reader::read(std::string_view line, Event& event) {
    auto* texts = parser_->texts.data();
    return read(line, event, texts);
}

Line Reader::read(std::string_view line, Event& event, std::uint8_t*& texts) {
    event = {};
    if (line.size() > most_line_bytes) return Line::foreign;
    json::document document;
    json::object object;
    bool named = false, wrong = false;
    const simdjson::padded_string_view padded{line.data(), line.size(), line.size() + padding};
    if (parser_->parser.iterate(padded).get(document)) return Line::torn;
    if (document.get_object().get(object)) return Line::torn;
    for (auto field : object) {
        std::string_view key;
        json::value value;
        if (field.unescaped_key().get(key) || field.value().get(value)) return Line::torn;
        const auto found = read_field(key, value, event, named, parser_->parser, texts);
        if (found == Field::broken) return Line::torn;
        wrong = wrong || found == Field::wrong;
    }
    const char* behind = nullptr;
    if (!document.current_location().get(behind)) return Line::torn;
    if (wrong || !named || event.seq < 0 || event.time_ms < 0 || event.time_ms > most_time_ms ||
        event.session.empty() || event.listener.empty() || event.song.empty())
        return Line::foreign;
    return Line::event;
}

Line Reader::check(std::string_view line, Event& event) {
    constexpr std::size_t most_depth = 16;  // of ours 1; a parser that recurses has not many more
    if (line.size() > most_line_bytes) return Line::foreign;
    auto& strict = parser_->strict;
    if (strict.max_depth() != most_depth && strict.allocate(most_line_bytes, most_depth))
        throw std::bad_alloc{};
    const bool whole = !strict.parse(line.data(), line.size(), false).error();
    return whole ? read(line, event) : Line::torn;
}

}  // namespace stretto::events
