#include "song/tags.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace stretto::song {
namespace {

bool ours(std::string_view key) { return key.starts_with("STRETTO_"); }
bool picture(std::string_view key) {
    return key == "METADATA_BLOCK_PICTURE" || key.starts_with("COVERART");
}

}  // namespace

Tags tags_of_comments(const std::vector<std::string>& comments) {
    Tags tags;
    for (const auto& comment : comments) {
        const auto equals = comment.find('=');
        if (equals == std::string::npos || equals == 0) continue;
        auto key = comment.substr(0, equals);
        for (char& c : key)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        const bool legal = std::ranges::all_of(key, [](char c) { return c >= 0x20 && c <= 0x7d; });
        if (!legal || ours(key) || picture(key)) continue;
        tags[key].push_back(valid_utf8(std::string_view{comment}.substr(equals + 1)));
    }
    return tags;
}

std::vector<std::string> comments_of_tags(const Tags& tags) {
    std::vector<std::string> comments;
    for (const auto& [key, values] : tags)
        for (const auto& value : values) comments.push_back(text(key, "=", value));
    return comments;
}

std::string first_tag(const Tags& tags, const std::string& key) {
    const auto found = tags.find(key);
    return found == tags.end() || found->second.empty() ? std::string{} : found->second.front();
}

}  // namespace stretto::song
