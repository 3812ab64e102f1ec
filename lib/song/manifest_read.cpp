// Manifests and loudness from JSON: bounded, checked, and refused with a reason.

#include <simdjson.h>

#include <cmath>

#include "song/manifest.hpp"

namespace stretto::song {
namespace {

using Value = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

constexpr std::size_t most_tag_bytes = 65536;
constexpr std::size_t most_depth = 32;  // ours is 5; the rest is for what may be added later

/// Reads members of objects. The first complaint is kept; what is read after it has no meaning.
class Reader {
   public:
    bool fine() const { return why_.empty(); }
    const std::string& why() const { return why_; }
    /// Complains unless `good`.
    template <class... Why>
    bool expect(bool good, const Why&... why) {
        if (!good && fine()) why_ = text(why...);
        return good;
    }

    /// Of several members of a name the last; nullopt, without a complaint, when there is none.
    static std::optional<Value> find(const Object& object, std::string_view key) {
        std::optional<Value> found;
        for (const auto& [name, value] : object)
            if (name == key) found = value;
        return found;
    }
    /// The member as a T, or a T made up and a complaint.
    template <class T>
    T member(const Object& object, std::string_view key, std::string_view is_not) {
        T out{};
        const auto value = find(object, key);
        if (expect(value.has_value(), "no '", key, "'"))
            expect(!value->get(out), "'", key, "' is not ", is_not);
        return out;
    }
    std::int64_t integer(const Object& object, std::string_view key, std::int64_t least,
                         std::int64_t most) {
        const auto n = member<std::int64_t>(object, key, "an integer");
        expect(n >= least && n <= most, "'", key, "' is out of range");
        return n;
    }
    int small(const Object& object, std::string_view key, int least, int most) {
        return static_cast<int>(integer(object, key, least, most));
    }
    std::string_view string(const Object& object, std::string_view key) {
        return member<std::string_view>(object, key, "a string");
    }
    Digest digest(const Object& object, std::string_view key) {
        Digest out{};
        expect(parse_hex(string(object, key), out), "'", key, "' is not a SHA-256");
        return out;
    }
    /// A list of 1 to so many.
    Array list(const Object& object, std::string_view key, std::size_t most) {
        auto out = member<Array>(object, key, "a list");
        if (fine()) expect(out.size() > 0 && out.size() <= most, "'", key, "' is out of range");
        return out;
    }
    Object object(const Value& value, std::string_view what) {
        Object out;
        expect(!value.get(out), what, " is not an object");
        return out;
    }

   private:
    std::string why_;
};

std::optional<double> decibel(Reader& read, const Object& object, std::string_view key) {
    const auto value = Reader::find(object, key);
    if (!read.expect(value.has_value(), "no '", key, "'") || value->is_null()) return {};
    double db = 0;
    read.expect(!value->get(db) && std::abs(db) < 1000, "'", key, "' is out of range");
    return db;
}

Loudness read_loudness(Reader& read, const Value& value) {
    Loudness l;
    const auto object = read.object(value, "'loudness'");
    if (!read.fine()) return l;
    l = {decibel(read, object, "source_lufs"), decibel(read, object, "source_true_peak"),
         decibel(read, object, "gain_db"),     decibel(read, object, "lufs"),
         decibel(read, object, "true_peak"),   std::string{read.string(object, "limited_by")}};
    read.expect(l.limited_by == "none" || l.limited_by == "true_peak", "'limited_by' is unknown");
    return l;
}

ChunkRow read_row(Reader& read, const Value& value) {
    ChunkRow c;
    const auto row = read.object(value, "a chunk");
    if (!read.fine()) return c;
    c.sha256 = read.digest(row, "sha256");
    c.bytes = read.integer(row, "bytes", 1, most_chunk_bytes);
    c.samples = read.integer(row, "samples", 1, UINT32_MAX);
    c.trim = read.integer(row, "trim", 0, 65536);
    c.body_bytes = read.integer(row, "body_bytes", 0, most_chunk_bytes);
    c.body_pages = read.integer(row, "body_pages", 0, 1000000);
    return c;
}

Rendition read_rendition(Reader& read, const Value& value) {
    Rendition r;
    const auto object = read.object(value, "a rendition");
    if (!read.fine()) return r;
    r.kbps = read.small(object, "kbps", 1, 65535);
    r.average_kbps = read.small(object, "average_kbps", 0, 1000000);
    r.header_bytes = read.integer(object, "header_bytes", 1, most_chunk_bytes);
    r.index_sha256 = read.digest(object, "index_sha256");
    const auto rows = read.list(object, "chunks", most_chunks);
    if (!read.fine()) return r;
    r.chunks.reserve(rows.size());
    for (const auto row : rows) {
        r.chunks.push_back(read_row(read, row));
        // readers take the headers out of a chunk
        read.expect(r.chunks.back().bytes >= r.header_bytes, "'header_bytes' exceeds a chunk");
        if (!read.fine()) break;
    }
    return r;
}

Tags read_tags(Reader& read, const Object& object) {
    Tags tags;
    std::size_t bytes = 0;
    for (const auto& [key, value] : object) {
        Array values;
        if (!read.expect(!value.get(values), "a tag is not a list")) break;
        for (const auto one : values) {
            std::string_view tag;
            if (!read.expect(!one.get(tag), "a tag is not a string")) break;
            bytes += key.size() + tag.size();
            if (!read.expect(bytes <= most_tag_bytes, "the tags are too long")) break;
            tags[std::string{key}].emplace_back(tag);
        }
    }
    return tags;
}

std::vector<Cover> read_covers(Reader& read, const Object& object) {
    std::vector<Cover> covers;
    for (const auto value : read.list(object, "covers", cover_px.size())) {
        const auto json = read.object(value, "a cover");
        if (!read.fine()) break;
        Cover c;
        c.px = read.small(json, "px", covers.empty() ? 1 : covers.back().px + 1, cover_px.back());
        c.width = read.small(json, "width", 1, c.px);
        c.height = read.small(json, "height", 1, c.px);
        c.bytes = read.integer(json, "bytes", 1, most_cover_bytes);
        c.sha256 = read.digest(json, "sha256");
        covers.push_back(c);
    }
    return covers;
}

/// All renditions are cut at the same samples: into chunks of the usual length, and a last one that
/// took in what was left.
void check_cuts(Reader& read, const Manifest& m) {
    const auto count = m.renditions.front().chunks.size();
    for (const auto& r : m.renditions) {
        read.expect(r.chunks.size() == count, "the renditions have different numbers of chunks");
        std::int64_t samples = 0;
        for (const auto& c : r.chunks) {
            samples += c.samples;
            if (&c != &r.chunks.back())
                read.expect(c.samples == m.chunk_samples,
                            "a chunk inside is not of the usual length");
        }
        read.expect(2 * r.chunks.back().samples <= 3 * m.chunk_samples,
                    "the last chunk is longer than one and a half of the usual length");
        read.expect(samples == m.samples, "the chunks do not add up to 'samples'");
    }
}

Manifest read_manifest(Reader& read, const Value& root) {
    Manifest m;
    Object json;
    if (!read.expect(!root.get(json), "no JSON object")) return m;
    const auto format = read.string(json, "format");
    read.expect(format == manifest_format, "its format is not ", manifest_format);
    m.id = read.string(json, "id");
    const auto tags = read.member<Object>(json, "tags", "an object");
    if (!read.fine()) return m;
    m.tags = read_tags(read, tags);
    m.rate = read.small(json, "rate", 1000, 768000);
    m.channels = read.small(json, "channels", 1, 8);
    m.samples = read.integer(json, "samples", 1, std::int64_t{1} << 40);
    m.chunk_samples = read.integer(json, "chunk_samples", 1, most_chunk_s * m.rate);
    if (const auto loudness = Reader::find(json, "loudness"); loudness && !loudness->is_null())
        m.loudness = read_loudness(read, *loudness);
    if (Reader::find(json, "covers")) m.covers = read_covers(read, json);
    if (!read.fine()) return m;
    const auto renditions = read.list(json, "renditions", most_renditions);
    if (!read.fine()) return m;
    for (const auto rendition : renditions) {
        const int before = m.renditions.empty() ? 0 : m.renditions.back().kbps;
        m.renditions.push_back(read_rendition(read, rendition));
        read.expect(m.renditions.back().kbps > before, "the renditions do not rise");
        if (!read.fine()) return m;
    }
    check_cuts(read, m);
    if (read.fine()) read.expect(song_id(m) == m.id, "its id is not that of its content");
    return m;
}

/// The text read by `reader`, or why not, after `what`.
template <class T>
Result<T> parse(std::string_view json, const char* what, T (*reader)(Reader&, const Value&)) {
    simdjson::dom::parser parser;
    Value root;
    if (json.empty() || parser.allocate(json.size(), most_depth) ||
        parser.parse(json.data(), json.size()).get(root))
        return Malformed{text(what, " is not JSON")};
    Reader read;
    auto value = reader(read, root);
    if (!read.fine()) return Malformed{text(what, ": ", read.why())};
    return value;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view json) {
    if (json.size() > most_manifest_bytes) return Malformed{"manifest too long"};
    return parse(json, "manifest", read_manifest);
}

Result<Loudness> parse_loudness(std::string_view json) {
    return parse(json, "loudness", read_loudness);
}

}  // namespace stretto::song
