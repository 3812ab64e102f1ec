#include "song/manifest.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace stretto::song {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view format_name = "stretto-manifest/1";
constexpr std::size_t most_tag_bytes = 65536;

/// Thrown and caught in this file, so that reading a member is one line.
struct Wrong {
    std::string why;
};

const Json& member(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) throw Wrong{text("no '", key, "'")};
    return *found;
}

std::int64_t integer(const Json& object, const char* key, std::int64_t least, std::int64_t most) {
    const Json& value = member(object, key);
    if (!value.is_number_integer()) throw Wrong{text("'", key, "' is no integer")};
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
        throw Wrong{text("'", key, "' is out of range")};
    const auto n = value.get<std::int64_t>();
    if (n < least || n > most) throw Wrong{text("'", key, "' is out of range")};
    return n;
}

std::string string(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_string()) throw Wrong{text("'", key, "' is no string")};
    return value.get<std::string>();
}

Digest digest(const Json& object, const char* key) {
    Digest out;
    if (!parse_hex(string(object, key), out)) throw Wrong{text("'", key, "' is no SHA-256")};
    return out;
}

Json decibel(const std::optional<double>& value) {
    return value ? Json(std::round(*value * 100) / 100) : Json();
}

std::optional<double> decibel(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (value.is_null()) return {};
    if (!value.is_number() || !(std::abs(value.get<double>()) < 1000))
        throw Wrong{text("'", key, "' is out of range")};
    return value.get<double>();
}

Json json_of(const Loudness& l) {
    return {
        {"source_lufs", decibel(l.source_lufs)}, {"source_true_peak", decibel(l.source_true_peak)},
        {"gain_db", decibel(l.gain_db)},         {"lufs", decibel(l.lufs)},
        {"true_peak", decibel(l.true_peak)},     {"limited_by", l.limited_by}};
}

Loudness loudness_of(const Json& json) {
    if (!json.is_object()) throw Wrong{"'loudness' is no object"};
    Loudness l{decibel(json, "source_lufs"), decibel(json, "source_true_peak"),
               decibel(json, "gain_db"),     decibel(json, "lufs"),
               decibel(json, "true_peak"),   string(json, "limited_by")};
    if (l.limited_by != "none" && l.limited_by != "true_peak")
        throw Wrong{"'limited_by' is unknown"};
    return l;
}

Json json_of(const Rendition& r) {
    Json chunks = Json::array();
    for (const auto& c : r.chunks)
        chunks.push_back({{"sha256", hex(c.sha256)},
                          {"bytes", c.bytes},
                          {"samples", c.samples},
                          {"trim", c.trim},
                          {"body_bytes", c.body_bytes},
                          {"body_pages", c.body_pages}});
    return {{"kbps", r.kbps},
            {"average_kbps", r.average_kbps},
            {"header_bytes", r.header_bytes},
            {"index_sha256", hex(r.index_sha256)},
            {"chunks", std::move(chunks)}};
}

Rendition rendition_of(const Json& json, const Manifest& m) {
    if (!json.is_object()) throw Wrong{"a rendition is no object"};
    Rendition r;
    r.kbps = static_cast<int>(integer(json, "kbps", 1, 65535));
    r.average_kbps = static_cast<int>(integer(json, "average_kbps", 0, 1000000));
    r.header_bytes = integer(json, "header_bytes", 1, most_chunk_bytes);
    r.index_sha256 = digest(json, "index_sha256");
    const Json& chunks = member(json, "chunks");
    if (!chunks.is_array() || chunks.empty() || chunks.size() > most_chunks)
        throw Wrong{"'chunks' is out of range"};
    std::int64_t samples = 0;
    for (const auto& row : chunks) {
        if (!row.is_object()) throw Wrong{"a chunk is no object"};
        ChunkRow c;
        c.sha256 = digest(row, "sha256");
        c.bytes = integer(row, "bytes", 1, most_chunk_bytes);
        c.samples = integer(row, "samples", 1, UINT32_MAX);
        c.trim = integer(row, "trim", 0, 65536);
        c.body_bytes = integer(row, "body_bytes", 0, most_chunk_bytes);
        c.body_pages = integer(row, "body_pages", 0, 1000000);
        samples += c.samples;
        if (&row != &chunks.back() && c.samples != m.chunk_samples)
            throw Wrong{"a chunk inside is not of the usual length"};
        r.chunks.push_back(c);
    }
    if (samples != m.samples) throw Wrong{"the chunks do not add up to 'samples'"};
    return r;
}

Tags tags_of(const Json& json) {
    if (!json.is_object()) throw Wrong{"'tags' is no object"};
    Tags tags;
    std::size_t bytes = 0;
    for (const auto& [key, values] : json.items()) {
        if (!values.is_array()) throw Wrong{"a tag is no list"};
        for (const auto& value : values) {
            if (!value.is_string()) throw Wrong{"a tag is no string"};
            bytes += key.size() + value.get_ref<const std::string&>().size();
            if (bytes > most_tag_bytes) throw Wrong{"the tags are too long"};
            tags[key].push_back(value.get<std::string>());
        }
    }
    return tags;
}

Manifest manifest_of(const Json& json) {
    if (!json.is_object()) throw Wrong{"no JSON object"};
    if (string(json, "format") != format_name) throw Wrong{text("its format is not ", format_name)};
    Manifest m;
    m.id = string(json, "id");
    m.tags = tags_of(member(json, "tags"));
    m.rate = static_cast<int>(integer(json, "rate", 1000, 768000));
    m.channels = static_cast<int>(integer(json, "channels", 1, 8));
    m.samples = integer(json, "samples", 1, std::int64_t{1} << 40);
    m.chunk_samples = integer(json, "chunk_samples", 1, UINT32_MAX);
    if (json.contains("loudness") && !json["loudness"].is_null())
        m.loudness = loudness_of(json["loudness"]);
    const Json& renditions = member(json, "renditions");
    if (!renditions.is_array() || renditions.empty() || renditions.size() > most_renditions)
        throw Wrong{"'renditions' is out of range"};
    for (const auto& row : renditions) {
        m.renditions.push_back(rendition_of(row, m));
        if (m.renditions.size() > 1 &&
            m.renditions.back().kbps <= m.renditions[m.renditions.size() - 2].kbps)
            throw Wrong{"the renditions do not rise"};
    }
    if (song_id(m) != m.id) throw Wrong{"its id is not that of its content"};
    return m;
}

bool ours(std::string_view key) { return key.starts_with("STRETTO_"); }
bool picture(std::string_view key) {
    return key == "METADATA_BLOCK_PICTURE" || key.starts_with("COVERART");
}

}  // namespace

const Rendition* Manifest::rendition(int kbps) const {
    const auto found = std::ranges::find(renditions, kbps, &Rendition::kbps);
    return found == renditions.end() ? nullptr : &*found;
}

const Rendition& Manifest::best(int kbps) const {
    const Rendition* best = &renditions.front();
    for (const auto& r : renditions)
        if (r.kbps <= kbps) best = &r;
    return *best;
}

std::string song_id(const Manifest& m) {
    Sha256 sum;
    const auto line = [&sum](const std::string& s) { sum.add(as_bytes(s + "\n")); };
    line("stretto-song 1");
    line(text(m.rate, " ", m.channels, " ", m.samples, " ", m.chunk_samples));
    for (const auto& r : m.renditions) {
        line(text(r.kbps, " ", r.header_bytes, " ", hex(r.index_sha256), " ", r.chunks.size()));
        for (const auto& c : r.chunks)
            line(text(hex(c.sha256), " ", c.bytes, " ", c.samples, " ", c.trim, " ", c.body_bytes,
                      " ", c.body_pages));
    }
    return base32(sum.finish()).substr(0, 32);
}

std::string print_manifest(const Manifest& m) {
    Json json{{"format", format_name}, {"id", m.id}, {"tags", Json::object()}};
    for (const auto& [key, values] : m.tags) json["tags"][key] = values;
    json["rate"] = m.rate;
    json["channels"] = m.channels;
    json["samples"] = m.samples;
    json["chunk_samples"] = m.chunk_samples;
    if (m.loudness) json["loudness"] = json_of(*m.loudness);
    json["renditions"] = Json::array();
    for (const auto& r : m.renditions) json["renditions"].push_back(json_of(r));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text_of) {
    if (text_of.size() > most_manifest_bytes) return Malformed{"manifest too long"};
    const Json json = Json::parse(text_of, nullptr, false);
    if (json.is_discarded()) return Malformed{"manifest is not JSON"};
    try {
        return manifest_of(json);
    } catch (const Wrong& wrong) {
        return Malformed{"manifest: " + wrong.why};
    }
}

std::string print_loudness(const Loudness& l) { return json_of(l).dump(); }

Result<Loudness> parse_loudness(std::string_view text_of) {
    const Json json = Json::parse(text_of, nullptr, false);
    try {
        return loudness_of(json);
    } catch (const Wrong& wrong) {
        return Malformed{"loudness: " + wrong.why};
    }
}

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
        // what is no UTF-8 becomes U+FFFD on the way through the printer
        tags[key].push_back(Json::parse(
            Json(comment.substr(equals + 1)).dump(-1, ' ', false, Json::error_handler_t::replace)));
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

std::string chunk_path(int kbps, std::int64_t chunk) {
    return text(kbps, "/chunk_", chunk, ".ogg");
}
std::string index_path(int kbps) { return text(kbps, "/index"); }

}  // namespace stretto::song
