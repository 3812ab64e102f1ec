#include "events/line.hpp"

#include <utility>

#include "base/json.hpp"

namespace stretto::events {

void Value::append_to(std::string& line) const {
    if (const auto* number = std::get_if<std::int64_t>(&value_))
        append_json(line, *number);
    else if (const auto* truth = std::get_if<bool>(&value_))
        line += *truth ? "true" : "false";
    else
        append_json(line, std::get<std::string_view>(value_));
}

void append_line(std::string& to, std::string_view event, std::initializer_list<Field> always,
                 std::initializer_list<Field> more) {
    to += "{\"event\":";
    append_json(to, event);
    for (const auto& fields : {always, more})
        for (const auto& [key, value] : fields) {
            to += ',';
            append_json(to, key);
            to += ':';
            value.append_to(to);
        }
    to += "}\n";
}

Session::Session(Sink& sink, std::string session, std::string listener, std::string place,
                 std::string song)
    : sink_(sink),
      session_(std::move(session)),
      listener_(std::move(listener)),
      place_(std::move(place)),
      song_(std::move(song)) {}

void Session::tell(std::int64_t time_ms, std::string_view event,
                   std::initializer_list<Field> more) {
    line_.clear();
    append_line(line_, event,
                {{"seq", seq_++},
                 {"time_ms", time_ms},
                 {"session", session_},
                 {"listener", listener_},
                 {"place", place_},
                 {"song", song_}},
                more);
    sink_.write(line_, time_ms);
    if (event == "end") sink_.flush();
}

}  // namespace stretto::events
