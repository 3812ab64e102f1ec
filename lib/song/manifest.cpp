#include "song/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.hpp"

namespace stretto::song {
namespace {

/// To two digits behind the point, with one at least: -14.0, 1.61.
void append_decibel(std::string& to, const std::optional<double>& value) {
    if (!value || !std::isfinite(*value)) {
        to += "null";
        return;
    }
    char digits[340];
    const double rounded = std::round(*value * 100) / 100;
    char* const end =
        std::to_chars(digits, digits + sizeof digits, rounded, std::chars_format::fixed).ptr;
    to.append(digits, end);
    if (std::find(digits, end, '.') == end) to += ".0";
}

void append_loudness(std::string& to, const Loudness& l) {
    JsonObject json{to};
    append_decibel(json["source_lufs"], l.source_lufs);
    append_decibel(json["source_true_peak"], l.source_true_peak);
    append_decibel(json["gain_db"], l.gain_db);
    append_decibel(json["lufs"], l.lufs);
    append_decibel(json["true_peak"], l.true_peak);
    append_json(json["limited_by"], l.limited_by);
    json.end();
}

void append_row(std::string& to, const ChunkRow& c) {
    JsonObject json{to};
    append_json(json["sha256"], hex(c.sha256));
    append_json(json["bytes"], c.bytes);
    append_json(json["samples"], c.samples);
    append_json(json["trim"], c.trim);
    append_json(json["body_bytes"], c.body_bytes);
    append_json(json["body_pages"], c.body_pages);
    json.end();
}

void append_rendition(std::string& to, const Rendition& r) {
    JsonObject json{to};
    append_json(json["kbps"], r.kbps);
    append_json(json["average_kbps"], r.average_kbps);
    append_json(json["header_bytes"], r.header_bytes);
    append_json(json["index_sha256"], hex(r.index_sha256));
    append_json_list(json["chunks"], r.chunks, append_row);
    json.end();
}

void append_cover(std::string& to, const Cover& c) {
    JsonObject json{to};
    append_json(json["px"], c.px);
    append_json(json["width"], c.width);
    append_json(json["height"], c.height);
    append_json(json["bytes"], c.bytes);
    append_json(json["sha256"], hex(c.sha256));
    json.end();
}

void append_tags(std::string& to, const Tags& tags) {
    JsonObject json{to};
    for (const auto& [key, values] : tags)
        append_json_list(json[key], values, [](std::string& out, const std::string& value) {
            append_json(out, value);
        });
    json.end();
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
    std::string out;
    JsonObject json{out};
    append_json(json["format"], manifest_format);
    append_json(json["id"], m.id);
    append_tags(json["tags"], m.tags);
    append_json(json["rate"], m.rate);
    append_json(json["channels"], m.channels);
    append_json(json["samples"], m.samples);
    append_json(json["chunk_samples"], m.chunk_samples);
    if (m.loudness) append_loudness(json["loudness"], *m.loudness);
    if (!m.covers.empty()) append_json_list(json["covers"], m.covers, append_cover);
    append_json_list(json["renditions"], m.renditions, append_rendition);
    json.end();
    return out + "\n";
}

std::string print_loudness(const Loudness& l) {
    std::string out;
    append_loudness(out, l);
    return out;
}

}  // namespace stretto::song
