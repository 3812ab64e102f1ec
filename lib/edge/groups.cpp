#include "edge/groups.hpp"

#include <algorithm>

namespace stretto::edge {
namespace {

void skip_blanks(std::string_view& text) {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
}

/// A string at the front, its quotes taken off; false when there is none.
bool take_string(std::string_view& text, std::string& out) {
    out.clear();
    if (text.empty() || text[0] != '"') return false;
    for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
        if (text[0] == '"') {
            text.remove_prefix(1);
            return true;
        }
        if (text[0] == '\\') {
            text.remove_prefix(1);
            if (text.empty() || (text[0] != '"' && text[0] != '\\')) return false;
        } else if (text[0] < ' ' || text[0] > '~') {
            return false;
        }
        out += text[0];
    }
    return false;
}

/// Parameters, whose strings may hold a comma.
bool skip_parameters(std::string_view& text) {
    while (!text.empty() && text[0] == ';') {
        text.remove_prefix(1);
        skip_blanks(text);
        const auto name = std::min(text.find_first_of("=;, \t\""), text.size());
        if (name == 0) return false;
        text.remove_prefix(name);
        if (text.empty() || text[0] != '=') continue;
        text.remove_prefix(1);
        std::string ignored;
        if (!text.empty() && text[0] == '"') {
            if (!take_string(text, ignored)) return false;
        } else {
            const auto value = std::min(text.find_first_of(";, \t\""), text.size());
            if (value == 0) return false;
            text.remove_prefix(value);
        }
    }
    return true;
}

}  // namespace

std::vector<std::string> parse_groups(std::string_view field) {
    std::vector<std::string> groups;
    skip_blanks(field);
    while (!field.empty()) {
        std::string group;
        if (!take_string(field, group) || !skip_parameters(field)) return {};
        if (groups.size() < most_groups) groups.push_back(std::move(group));
        skip_blanks(field);
        if (field.empty()) break;
        if (field[0] != ',') return {};
        field.remove_prefix(1);
        skip_blanks(field);
        if (field.empty()) return {};  // a list does not end in a comma
    }
    return groups;
}

}  // namespace stretto::edge
