#include "store/summary.hpp"

#include <algorithm>

#include "base/json_value.hpp"
#include "song/id.hpp"

namespace stretto::store {
namespace {

constexpr std::size_t most_names = 10'000;

bool is_hash(const std::string& text) {
    Digest digest;
    return parse_hex(text, digest);
}

Json print(const Summary& summary) {
    Json json{{"id", summary.id}};
    if (!summary.tags_key.empty()) json["tags_key"] = summary.tags_key;
    json["names"] = summary.names;
    json["tags"] = Json::object();
    for (const auto& [key, values] : summary.tags) json["tags"][key] = values;
    json["seconds"] = summary.seconds;
    json["bytes"] = summary.bytes;
    json["bitrates"] = summary.bitrates;
    json["lufs"] = summary.lufs;
    json["covers"] = Json::object();
    for (const auto& cover : summary.covers) json["covers"][text(cover.px)] = cover.sha256;
    return json;
}

Summary read(const Json& json) {
    Summary summary;
    summary.id = json.at("id").string();
    if (!song::is_id(summary.id)) throw Json::Wrong{"'id' is no id"};
    if (const auto* key = json.find("tags_key")) summary.tags_key = key->string();
    if (!summary.tags_key.empty() && !song::is_id(summary.tags_key) &&
        !song::is_name(summary.tags_key))
        throw Json::Wrong{"'tags_key' is no key"};
    for (const auto& name : json.at("names").items()) {
        if (!song::is_name(name.string()) || summary.names.size() >= most_names)
            throw Json::Wrong{"'names' has what is no name"};
        summary.names.push_back(name.string());
    }
    for (const auto& [key, values] : json.at("tags").members())
        for (const auto& value : values.items()) summary.tags[key].push_back(value.string());
    summary.seconds = json.at("seconds").number();
    summary.bytes = json.at("bytes").integer();
    if (!(summary.seconds >= 0 && summary.seconds < 1e9) || summary.bytes < 0)
        throw Json::Wrong{"a number is out of range"};
    for (const auto& kbps : json.at("bitrates").items()) {
        const auto value = kbps.integer();
        if (value < 1 || value > song::most_kbps ||
            summary.bitrates.size() >= song::most_renditions)
            throw Json::Wrong{"'bitrates' are out of range"};
        summary.bitrates.push_back(static_cast<int>(value));
    }
    if (const auto& lufs = json.at("lufs"); !lufs.is_null()) summary.lufs = lufs.number();
    for (const auto& [px, hash] : json.at("covers").members()) {
        const auto known =
            std::ranges::find_if(song::cover_px, [&px = px](int one) { return text(one) == px; });
        if (known == song::cover_px.end() || !is_hash(hash.string()))
            throw Json::Wrong{"'covers' has what is no cover"};
        summary.covers.push_back({*known, hash.string()});
    }
    std::ranges::sort(summary.covers, {}, &Summary::CoverRow::px);
    return summary;
}

}  // namespace

Summary summary_of(const song::Manifest& manifest, std::string tags_key,
                   std::vector<std::string> names) {
    Summary summary;
    summary.id = manifest.id;
    summary.tags_key = std::move(tags_key);
    summary.names = std::move(names);
    summary.tags = manifest.tags;
    summary.seconds = manifest.seconds();
    for (const auto& rendition : manifest.renditions) {
        summary.bitrates.push_back(rendition.kbps);
        for (const auto& chunk : rendition.chunks) summary.bytes += chunk.bytes;
    }
    if (manifest.loudness) summary.lufs = manifest.loudness->lufs;
    for (const auto& cover : manifest.covers)
        summary.covers.push_back({cover.px, hex(cover.sha256)});
    return summary;
}

std::string catalogue_path(std::string_view id) {
    return std::string{catalogue_folder}.append(id.substr(0, 2));
}

std::string print_summaries(const std::vector<Summary>& summaries) {
    std::string lines;
    for (const auto& summary : summaries) lines += print(summary).dump() + "\n";
    return lines;
}

Result<std::vector<Summary>> parse_summaries(std::string_view lines) {
    std::vector<Summary> all;
    for (std::size_t number = 1; !lines.empty(); ++number) {
        const auto end = lines.find('\n');
        if (end == lines.npos) return Malformed{text("line ", number, " has no end")};
        const auto json = Json::parse(lines.substr(0, end));
        lines.remove_prefix(end + 1);
        if (!json) return Malformed{text("line ", number, ": ", json.error().why)};
        try {
            all.push_back(read(*json));
        } catch (const Json::Wrong& wrong) {
            return Malformed{text("line ", number, ": ", wrong.what())};
        }
    }
    return all;
}

}  // namespace stretto::store
