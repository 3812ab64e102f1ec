#include "peer/have.hpp"

#include <charconv>

#include "http/message.hpp"

namespace stretto::peer {

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
        const auto* at = member.data();
        const auto* end = at + member.size();
        std::size_t first = 0;
        auto read = std::from_chars(at, end, first);
        std::size_t last = first;
        if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-')
            read = std::from_chars(read.ptr + 1, end, last);
        if (read.ec != std::errc{} || read.ptr != end || last < first) return {};
        for (std::size_t k = first; k <= last && k < chunks; ++k) have[k] = true;
    }
    return have;
}

}  // namespace stretto::peer
