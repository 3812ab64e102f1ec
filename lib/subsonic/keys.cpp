#include "subsonic/keys.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace stretto::subsonic {

namespace {

constexpr std::string_view salt_line = "# salt ";

/// Empty: there is none.
std::string_view salt_of(std::string_view text) {
    auto at = text.starts_with(salt_line) ? 0 : text.find(stretto::text('\n', salt_line));
    if (at == text.npos) return {};
    text.remove_prefix(text.find(salt_line, at) + salt_line.size());
    return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

Result<Keys> Keys::parse(std::string_view text) {
    Keys keys;
    const auto salt = salt_of(text);
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, std::min(text.find('\n'), text.size()));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line[0] == '#') continue;
        const auto blank = std::min(line.find(' '), line.size());
        const auto name = line.substr(0, blank);
        Digest digest;
        if (!is_name(name) || !parse_hex(line.substr(std::min(blank + 1, line.size())), digest))
            return Malformed{stretto::text("line ", number, " is not 'NAME SHA256'")};
        auto id = base32(sha256(as_bytes(stretto::text(
            "listener ", name, ' ', salt.empty() ? hex(digest) : std::string{salt}))));
        // a second key of a name is the same listener
        for (const auto& [other, listener] : keys.listeners_)
            if (listener.name == name) id = listener.id;
        keys.listeners_.emplace(digest, Listener{std::string{name}, id.substr(0, 26)});
    }
    return keys;
}

const Listener* Keys::find(std::string_view key) const {
    const auto found = listeners_.find(sha256(as_bytes(key)));
    return found == listeners_.end() ? nullptr : &found->second;
}

std::string Keys::print_key(BytesView random) { return base32(random); }

std::string Keys::print_salt(BytesView random) {
    return stretto::text(salt_line, base32(random), '\n');
}

std::string Keys::print_line(std::string_view name, std::string_view key) {
    return stretto::text(name, ' ', hex(sha256(as_bytes(key))), '\n');
}

bool Keys::is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && name[0] != '#' &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool WrongKeys::too_many(const std::string& source, std::uint64_t now_ms) const {
    const auto found = sources_.find(source);
    return found != sources_.end() && found->second.wrong >= most_ &&
           now_ms < found->second.since_ms + window_ms;
}

void WrongKeys::add(const std::string& source, std::uint64_t now_ms) {
    if (sources_.size() >= most_sources && !sources_.contains(source)) {
        std::erase_if(sources_, [&](const auto& entry) {
            return now_ms >= entry.second.since_ms + window_ms;
        });
        // an attack from everywhere does not shut out those who come next
        if (sources_.size() > most_sources / 2) sources_.clear();
    }
    auto& count = sources_[source];
    if (count.wrong == 0 || now_ms >= count.since_ms + window_ms) count = {0, now_ms};
    ++count.wrong;
}

}  // namespace stretto::subsonic
