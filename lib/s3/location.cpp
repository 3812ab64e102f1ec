#include "s3/location.hpp"

#include <algorithm>

namespace stretto::s3 {
namespace {

constexpr std::string_view scheme = "s3://";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_bucket(std::string_view name) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return name.size() >= 3 && name.size() <= 63 && name.find_first_not_of(allowed) == name.npos &&
           name.find("..") == name.npos && name.front() != '.' && name.front() != '-';
}

}  // namespace

bool is_location(std::string_view text) { return text.starts_with(scheme); }

Result<Location> parse_location(std::string_view text) {
    if (!is_location(text)) return Malformed{"it does not begin with s3://"};
    text.remove_prefix(scheme.size());
    const auto slash = text.find('/');
    Location found;
    found.bucket = text.substr(0, slash);
    if (!is_bucket(found.bucket))
        return Malformed{text.empty() ? "it names no bucket"
                                      : "its bucket is not 3 to 63 letters, digits, '.', '-', '_'"};
    if (slash != text.npos) found.prefix = text.substr(slash + 1);
    while (found.prefix.ends_with('/')) found.prefix.pop_back();
    // such keys exist, but URLs with them are read in different ways
    for (std::string_view rest = found.prefix; !rest.empty();) {
        const auto part = rest.substr(0, rest.find('/'));
        if (part.empty() || part == "." || part == "..")
            return Malformed{"its prefix has an empty part, '.' or '..'"};
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
    for (const char c : found.prefix)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            return Malformed{"its prefix has a control character"};
    if (found.prefix.size() > 512) return Malformed{"its prefix is longer than 512 bytes"};
    return found;
}

Profiles parse_profiles(std::string_view text) {
    Profiles all;
    std::map<std::string, std::string>* section = nullptr;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const auto words = trimmed(line);
        if (words.empty() || words.front() == '#' || words.front() == ';') continue;
        if (words.front() == '[') {
            const auto close = words.find(']');
            section = close == words.npos ? nullptr
                                          : &all[std::string{trimmed(words.substr(1, close - 1))}];
            continue;
        }
        const auto equals = words.find('=');
        const bool indented = line.front() == ' ' || line.front() == '\t';
        if (!section || indented || equals == words.npos) continue;
        (*section)[std::string{trimmed(words.substr(0, equals))}] =
            trimmed(words.substr(equals + 1));
    }
    return all;
}

}  // namespace stretto::s3
