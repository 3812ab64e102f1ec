#include "edge/purge.hpp"

#include <algorithm>

#include "base/json_value.hpp"
#include "base/note.hpp"
#include "base/text.hpp"
#include "song/id.hpp"

namespace stretto::edge {
namespace {

constexpr std::size_t most_path_bytes = 8192;  // as of a request's target
constexpr std::size_t most_via = 16;
constexpr std::size_t most_part_bytes = 512u << 10;  // a body has at most 1 MiB

bool is_path(std::string_view text) {
    return text.starts_with('/') && text.size() <= most_path_bytes &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Result<Purge> parse_purge(std::string_view json) {
    const auto parsed = Json::parse(json);
    if (!parsed) return Malformed{parsed.error().why};
    try {
        Purge purge;
        for (const auto& one : parsed->at("purge").items()) {
            const auto& what = one.string();
            if (!is_path(what) && !song::is_id(what) && !song::is_name(what))
                return Malformed{text("'", printable(what), "' is neither a song nor a path")};
            if (purge.what.size() >= most_purged) return Malformed{"too much at once"};
            purge.what.push_back(what);
        }
        if (purge.what.empty()) return Malformed{"nothing to purge"};
        if (const auto* hard = parsed->find("hard")) purge.hard = hard->boolean();
        if (const auto* via = parsed->find("via"))
            for (const auto& one : via->items()) purge.via.push_back(one.string());
        if (purge.via.size() > most_via) return Malformed{"passed on too often"};
        return purge;
    } catch (const Json::Wrong& wrong) {
        return Malformed{wrong.what()};
    }
}

std::string print_purge(const Purge& purge) {
    Json json{{"purge", Json::array()}, {"hard", purge.hard}};
    for (const auto& what : purge.what) json["purge"].push_back(what);
    if (!purge.via.empty()) json["via"] = purge.via;
    return json.dump();
}

std::vector<Purge> in_parts(const Purge& purge) {
    std::vector<Purge> parts;
    std::size_t bytes = 0;
    for (const auto& what : purge.what) {
        if (parts.empty() || parts.back().what.size() >= most_purged ||
            bytes + what.size() > most_part_bytes) {
            parts.push_back({{}, purge.hard, purge.via});
            bytes = 0;
        }
        bytes += what.size();
        parts.back().what.push_back(what);
    }
    return parts;
}

}  // namespace stretto::edge
