#pragma once
// Strings and numbers as JSON (RFC 8259), appended to a text that is being written.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stretto {

/// With quotes. Invalid UTF-8 becomes U+FFFD, one per maximal part of a character.
void append_json(std::string& to, std::string_view value);
void append_json(std::string& to, std::int64_t value);

/// Writes an object: `append_json(object["key"], value)` for each member, then end().
class JsonObject {
   public:
    explicit JsonObject(std::string& to) : to_(to) {}
    /// The text to which the caller must now append the member's value.
    std::string& operator[](std::string_view key) {
        to_ += std::exchange(before_, ',');
        append_json(to_, key);
        return to_ += ':';
    }
    void end() { to_ += before_ == ',' ? "}" : "{}"; }

   private:
    std::string& to_;
    char before_ = '{';
};

/// A list; append_item(to, item) writes each item.
template <class List, class AppendItem>
void append_json_list(std::string& to, const List& list, AppendItem append_item) {
    to += '[';
    bool first = true;
    for (const auto& item : list) {
        if (!std::exchange(first, false)) to += ',';
        append_item(to, item);
    }
    to += ']';
}

/// The text with each maximal part that is not UTF-8 (RFC 3629) replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace stretto
