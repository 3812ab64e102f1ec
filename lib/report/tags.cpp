#include "report/tags.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace stretto::report {

std::string join_tags(std::string_view title, std::string_view artist) {
    return text(title.size(), ':', title, artist);
}

std::pair<std::string, std::string> split_tags(std::string_view tags) {
    std::size_t size = 0;
    const auto* end = tags.data() + tags.size();
    const auto* colon = std::from_chars(tags.data(), end, size).ptr;
    if (colon == end || size > tags.size()) return {};
    const auto rest = tags.substr(static_cast<std::size_t>(colon - tags.data()) + 1);
    return {std::string{rest.substr(0, size)},
            std::string{rest.substr(std::min(size, rest.size()))}};
}

std::vector<Tags> Votes::decide(const Dictionary& names) const {
    std::vector<Tags> decided(names.songs.size());
    std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, Name>> best(names.songs.size(),
                                                                             {{0, 0}, no_name});
    for (const auto& [key, votes] : votes_) {
        auto& leader = best[key.first];
        const bool same = leader.second != no_name && votes == leader.first;
        if (votes > leader.first || (same && names.tags[key.second] < names.tags[leader.second]))
            leader = {votes, key.second};
    }
    for (std::size_t song = 0; song < best.size(); ++song)
        if (best[song].second != no_name) {
            auto [title, artist] = split_tags(names.tags[best[song].second]);
            decided[song] = {std::move(title), std::move(artist)};
        }
    return decided;
}

}  // namespace stretto::report
