#include "peer/have.hpp"

#include <algorithm>
#include <charconv>

#include "http/message.hpp"

namespace stretto::peer {
namespace {

constexpr std::size_t most_parts = 64;

/// "3" or "3-5". nullopt: it is neither
std::optional<std::pair<std::size_t, std::size_t>> parse_range(std::string_view text) {
    const auto* at = text.data();
    const auto* end = at + text.size();
    std::size_t first = 0;
    auto read = std::from_chars(at, end, first);
    std::size_t last = first;
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-')
        read = std::from_chars(read.ptr + 1, end, last);
    if (read.ec != std::errc{} || read.ptr != end || last < first) return {};
    return std::pair{first, last};
}

}  // namespace

std::string print_have(const std::vector<bool>& here) {
    std::string out;
    for (std::size_t k = 0; k < here.size(); ++k) {
        if (!here[k]) continue;
        std::size_t last = k;
        while (last + 1 < here.size() && here[last + 1]) ++last;
        if (!out.empty()) out += ", ";
        out += std::to_string(k);
        if (last > k) out += '-' + std::to_string(last);
        k = last;
    }
    return out;
}

std::optional<std::vector<bool>> parse_have(std::string_view text, std::size_t chunks) {
    std::vector<bool> have(chunks);
    for (const auto member : http::list_members(text)) {
        const auto range = parse_range(member);
        if (!range) return {};
        for (std::size_t k = range->first; k <= range->second && k < chunks; ++k) have[k] = true;
    }
    return have;
}

std::string print_parts(const Parts& parts) {
    std::string out;
    for (const auto& [chunk, set] : parts)
        for (int i = 0; i < gather::most_told_pieces; ++i) {
            if (!gather::contains(set, i)) continue;
            int last = i;
            while (gather::contains(set, last + 1)) ++last;
            if (!out.empty()) out += ", ";
            out += std::to_string(chunk) + '/' + std::to_string(i);
            if (last > i) out += '-' + std::to_string(last);
            i = last;
        }
    return out;
}

std::optional<Parts> parse_parts(std::string_view text, std::size_t chunks) {
    Parts parts;
    for (const auto member : http::list_members(text)) {
        const auto slash = member.find('/');
        if (slash == member.npos) return {};
        const auto chunk = parse_range(member.substr(0, slash));
        const auto pieces = parse_range(member.substr(slash + 1));
        if (!chunk || !pieces || chunk->first != chunk->second) return {};
        const auto k = static_cast<int>(std::min(chunk->first, chunks));
        if (static_cast<std::size_t>(k) >= chunks) continue;
        if (parts.size() >= most_parts && !parts.contains(k)) continue;
        for (auto i = pieces->first; i <= pieces->second && i < gather::most_told_pieces; ++i)
            parts[k] |= gather::PieceSet{1} << i;
    }
    return parts;
}

}  // namespace stretto::peer
