#include "subsonic/parameters.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace stretto::subsonic {

std::optional<std::string> decode_form(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned char byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() < 2 || code != std::errc{} || end != digits.data() + 2) return {};
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, number);
    if (text.empty() || code != std::errc{} || end != last) return {};
    return number;
}

Result<Parameters> Parameters::parse(std::string_view query, std::string_view form) {
    Parameters parameters;
    for (auto rest : {query, form})
        while (!rest.empty()) {
            const auto pair = rest.substr(0, std::min(rest.find('&'), rest.size()));
            rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
            if (pair.empty()) continue;
            const auto equals = std::min(pair.find('='), pair.size());
            auto name = decode_form(pair.substr(0, equals)),
                 value = decode_form(pair.substr(std::min(equals + 1, pair.size())));
            if (!name || !value) return Malformed{"invalid percent-encoding in the parameters"};
            if (parameters.pairs_.size() == most)
                return Malformed{stretto::text("more than ", most, " parameters")};
            parameters.pairs_.emplace_back(std::move(*name), std::move(*value));
        }
    return parameters;
}

const std::string* Parameters::find(std::string_view name) const {
    const auto found = std::ranges::find(
        pairs_, name, [](const auto& pair) -> std::string_view { return pair.first; });
    return found == pairs_.end() ? nullptr : &found->second;
}

std::string Parameters::text(std::string_view name, std::string_view otherwise) const {
    const auto* value = find(name);
    return value ? *value : std::string{otherwise};
}

std::vector<std::string> Parameters::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : pairs_)
        if (key == name) values.push_back(value);
    return values;
}

Result<std::uint64_t> Parameters::number(std::string_view name, std::uint64_t otherwise) const {
    const auto* value = find(name);
    if (!value || value->empty()) return otherwise;
    const auto parsed = parse_number(*value);
    if (!parsed) return Malformed{stretto::text(name, " is not a number")};
    return *parsed;
}

}  // namespace stretto::subsonic
