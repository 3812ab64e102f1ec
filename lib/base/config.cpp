#include "base/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.hpp"

namespace stretto {
namespace {

[[noreturn]] void refuse(const std::string& file, unsigned line, std::string_view why) {
    throw Error{EX_CONFIG, text("'", file, "', line ", line, ": ", why)};
}

std::string scalar(const toml::node& node, const std::string& file) {
    if (const auto* word = node.as_string()) return word->get();
    if (const auto* number = node.as_integer()) return text(number->get());
    if (const auto* number = node.as_floating_point()) return text(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    refuse(file, node.source().begin.line,
           "a value is a string, a number, true, false or a list of these");
}

}  // namespace

std::vector<Setting> parse_config(std::string_view bytes, const std::string& file) {
    toml::table table;
    try {
        table = toml::parse(bytes);
    } catch (const toml::parse_error& e) {
        refuse(file, e.source().begin.line, e.description());
    }
    std::vector<Setting> settings;
    for (const auto& [key, node] : table) {
        const auto line = key.source().begin.line;
        Setting setting{std::string{key.str()}, {}, line};
        if (node.is_table()) refuse(file, line, text("no section '", key.str(), "' is known"));
        if (const auto* list = node.as_array())
            for (const auto& one : *list) setting.values.push_back(scalar(one, file));
        else
            setting.values.push_back(scalar(node, file));
        settings.push_back(std::move(setting));
    }
    std::ranges::sort(settings, {}, &Setting::line);
    return settings;
}

std::string toml_value(std::string_view value) {
    double number = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool plain = value.find_first_not_of("-.0123456789") == value.npos && value != "-0";
    if (plain && code == std::errc{} && end == value.data() + value.size() && text(number) == value)
        return std::string{value};
    std::ostringstream out;
    out << toml::toml_formatter{toml::value{std::string{value}}, toml::format_flags::none};
    return out.str();
}

}  // namespace stretto
