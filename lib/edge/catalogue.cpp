#include "edge/catalogue.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/json_value.hpp"
#include "song/id.hpp"
#include "song/lookup.hpp"

namespace stretto::edge {
namespace {

/// Sorts as the number that a tag begins with ("3", "03", "3/12"). Without one: after all numbers.
std::string number_key(const std::string& tag) {
    const auto digits = tag.substr(0, tag.find_first_not_of("0123456789"));
    const auto number = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty() || number.size() > 9) return "999999999";
    std::string key(9 - number.size(), '0');
    return key.append(number);
}

std::string manifest_file(const std::string& id, const std::string& tags) {
    return tags.empty() ? song::manifest_path(id) : song::song_path(id, song::tags_path(tags));
}

}  // namespace

/// See stretto-protocol(7).
Listed describe(const store::Summary& about) {
    const auto& [id, tags_key, names, tags, seconds, bytes, bitrates, lufs, covers] = about;
    const auto title = song::first_tag(tags, "TITLE"), artist = song::first_tag(tags, "ARTIST"),
               album = song::first_tag(tags, "ALBUM"),
               album_artist = song::first_tag(tags, "ALBUMARTIST"),
               disc = song::first_tag(tags, "DISCNUMBER"),
               track = song::first_tag(tags, "TRACKNUMBER");
    // a compilation whose songs have different artists is one album
    const auto by = !album_artist.empty() ? album_artist
                    : !album.empty() && song::first_tag(tags, "COMPILATION") == "1"
                        ? std::string{"Various Artists"}
                        : artist;
    Json json{{"id", id},         {"names", names}, {"title", title},
              {"artist", artist}, {"album", album}, {"album_artist", album_artist},
              {"disc", disc},     {"track", track}, {"seconds", seconds}};
    json["artist_id"] = by.empty() ? Json() : Json(artist_id(by));
    json["album_id"] = album.empty() ? Json() : Json(album_id(by, album));
    if (!tags_key.empty()) json["tag_set"] = tags_key;
    for (const int kbps : bitrates) json["bitrates"].push_back(kbps);
    json["lufs"] = lufs;
    json["covers"] = Json::object();
    for (const auto& cover : covers)
        json["covers"][text(cover.px)] = '/' + song::song_path(id, song::cover_path(cover.sha256));
    Listed song;
    song.id = id;
    song.cursor = tags_key.empty() ? id : id + '.' + tags_key;
    song.json = json.dump();
    song.sort = fold(by) + '\0' + fold(album) + '\0' + number_key(disc) + number_key(track) +
                fold(title) + '\0' + song.cursor;
    song.haystack = fold(title + '\n' + artist + '\n' + album + '\n' + album_artist + '\n' + id);
    for (const auto& name : names) song.haystack += '\n' + name;
    song.by = by;
    song.album = album;
    song.date = song::first_tag(tags, "DATE");
    song.title = title;
    song.artist = artist;
    song.covers = json["covers"].dump();
    song.seconds = seconds;
    return song;
}

namespace {

// The file: this text, and a hash of what describe() says of a made-up song, so that the file of a
// version with another describe() is not taken; then songs and names: numbers of 8 bytes, texts
// behind their lengths; at the end a SHA-256 of all.

constexpr std::string_view magic = "stretto-catalogue/2\n";

Bytes head() {
    song::Manifest sample;
    sample.id = std::string(32, 'x');
    for (const auto* key : {"TITLE", "ARTIST", "ALBUM", "ALBUMARTIST", "DISCNUMBER", "TRACKNUMBER"})
        sample.tags[key] = {text(key, " \u00c4")};
    sample.rate = sample.channels = 1;
    sample.renditions.resize(1);
    sample.covers.resize(1);
    const auto said = describe(store::summary_of(sample, "key", {"name"}));
    Bytes out;
    append(out, as_bytes(magic));
    append(out, sha256(as_bytes(said.cursor + said.json + said.sort + said.haystack)));
    return out;
}

template <class Song>
auto texts_of(Song& song) {
    return std::array{&song.cursor, &song.json, &song.sort,  &song.haystack, &song.by,
                      &song.album,  &song.date, &song.title, &song.artist,   &song.covers};
}

class FileWriter {
   public:
    explicit FileWriter(Bytes& to) : to_(to) {}
    void number(std::uint64_t value) {
        append_u32(to_, static_cast<std::uint32_t>(value));
        append_u32(to_, static_cast<std::uint32_t>(value >> 32));
    }
    void text(std::string_view value) {
        append_u32(to_, static_cast<std::uint32_t>(value.size()));
        append(to_, as_bytes(value));
    }
    void state(const store::FileState& state) {
        number(state.inode);
        number(state.size);
        number(static_cast<std::uint64_t>(state.modified_ns));
    }

   private:
    Bytes& to_;
};

/// Reads nothing behind the end: there numbers are 0, texts are empty, and ok() is false.
class FileReader {
   public:
    explicit FileReader(BytesView from) : from_(from) {}
    bool ok() const noexcept { return ok_; }
    bool at_end() const noexcept { return ok_ && from_.empty(); }
    std::uint64_t number() {
        const auto low = word();
        return low | std::uint64_t{word()} << 32;
    }
    std::string text() {
        const auto size = word();
        if (size > from_.size()) ok_ = false;
        if (!ok_) return {};
        std::string out{as_text(from_.first(size))};
        from_ = from_.subspan(size);
        return out;
    }
    store::FileState state() {
        store::FileState state;
        state.inode = number();
        state.size = number();
        state.modified_ns = static_cast<std::int64_t>(number());
        return state;
    }

   private:
    std::uint32_t word() {
        if (from_.size() < 4) ok_ = false;
        if (!ok_) return 0;
        const auto value = read_u32(from_, 0);
        from_ = from_.subspan(4);
        return value;
    }

    BytesView from_;
    bool ok_ = true;
};

}  // namespace

Catalogue::Catalogue(const store::Tree& tree)
    : tree_(tree),
      store_(tree.root(), store::Directory::Open::existing),
      listing_(std::make_shared<const Listing>(std::vector<ListedSong>{})) {}

void Catalogue::refresh() {
    doubt();
    look([] { return false; });
}

/// Changes with every song and name that comes, goes or is replaced.
std::string Catalogue::folder_state() const {
    std::string state;
    for (const auto* folder : {"songs", "names"}) {
        std::error_code none;
        const auto time = std::filesystem::last_write_time(tree_.root() / folder, none);
        state += std::to_string(time.time_since_epoch().count()) + ' ';
    }
    return state;
}

bool Catalogue::folders_changed() const { return folder_state() != folders_; }

void Catalogue::compare() {
    folders_ = folder_state();
    const auto ids = store_.ids(), names = store_.names();
    std::vector<std::string> gone, unnamed;
    for (const auto& [id, song] : songs_)
        if (!std::ranges::binary_search(ids, id)) gone.push_back(id);
    for (const auto& [name, what] : names_)
        if (!std::ranges::binary_search(names, name)) unnamed.push_back(name);
    for (const auto& id : gone) forget_song(id);
    for (const auto& name : unnamed) forget_name(name);
    for (const auto& name : names)
        if (!names_.contains(name)) queue_.push_back({store::Change::name, name});
    for (const auto& id : ids)
        if (!songs_.contains(id)) queue_.push_back({store::Change::song, id});
}

void Catalogue::doubt() {
    queue_.clear();
    folders_ = folder_state();
    // names first: a song is then read once, with all of them
    for (const auto& [name, what] : names_) queue_.push_back({store::Change::name, name});
    for (const auto& name : store_.names())
        if (!names_.contains(name)) queue_.push_back({store::Change::name, name});
    for (const auto& [id, song] : songs_) queue_.push_back({store::Change::song, id});
    for (const auto& id : store_.ids())
        if (!songs_.contains(id)) queue_.push_back({store::Change::song, id});
}

void Catalogue::look(const std::vector<store::Change>& changes) {
    for (const auto& change : changes) {
        if (change.kind == store::Change::name)
            look_at_name(change.key);
        else
            look_at_song(change.key, false);
    }
}

bool Catalogue::look(const std::function<bool()>& until) {
    while (!queue_.empty() && !until()) {
        const auto change = std::move(queue_.front());
        queue_.pop_front();
        look({change});
    }
    return !queue_.empty();
}

/// @param renamed  its names have changed since it was read
void Catalogue::look_at_song(const std::string& id, bool renamed) {
    if (!song::is_id(id)) return;
    auto rows = files_of(id);
    const auto known = songs_.find(id);
    if (rows.empty()) {
        if (known != songs_.end()) forget_song(id);
        return;
    }
    const auto same = [](const Row& a, const Row& b) {
        return a.tags == b.tags && a.state == b.state;
    };
    if (known != songs_.end() && !renamed && std::ranges::equal(known->second, rows, same)) return;
    load(id, rows);
    put(id, std::move(rows));
}

/// Its manifests, not yet read.
Catalogue::Rows Catalogue::files_of(const std::string& id) const {
    Rows rows;
    const auto add = [&](const std::string& tags) {
        if (const auto state = tree_.state(manifest_file(id, tags)))
            rows.push_back({tags, *state, nullptr});
    };
    for (const auto& tags : store_.tag_sets(id)) add(tags);
    add({});
    return rows;
}

/// A set of tags has the name that it belongs to; the song's own manifest has the other names.
void Catalogue::load(const std::string& id, Rows& rows) const {
    const auto names = names_of_.find(id);
    auto rest = names == names_of_.end() ? std::vector<std::string>{} : names->second;
    for (auto& row : rows) {  // the song's own comes last
        std::vector<std::string> own;
        if (row.tags.empty())
            own = rest;
        else if (std::erase(rest, row.tags) > 0)
            own = {row.tags};
        row.listed = load(id, row.tags, own);
    }
}

void Catalogue::look_at_name(const std::string& name) {
    const auto known = names_.find(name);
    if (!song::is_name(name)) return;
    const auto state = tree_.state(song::name_path(name));
    if (!state) {
        if (known != names_.end()) forget_name(name);
        return;
    }
    if (known != names_.end() && known->second.state == *state) return;
    const auto id = store_.id_of(name).value_or("");
    const auto before = known == names_.end() ? std::string{} : known->second.id;
    names_[name] = {*state, id};
    if (id == before) return;
    if (!before.empty()) unname(name, before);
    auto& all = names_of_[id];
    all.insert(std::ranges::lower_bound(all, name), name);
    if (songs_.contains(id)) look_at_song(id, true);
}

void Catalogue::forget_name(const std::string& name) {
    const auto known = names_.find(name);
    const auto id = known->second.id;
    names_.erase(known);
    unname(name, id);
}

/// The name no longer refers to this song.
void Catalogue::unname(const std::string& name, const std::string& id) {
    auto& all = names_of_[id];
    std::erase(all, name);
    if (all.empty()) names_of_.erase(id);
    if (songs_.contains(id)) look_at_song(id, true);
}

void Catalogue::put(const std::string& id, Rows rows) {
    out_.insert(id);
    auto& in = in_[id];
    in.clear();
    for (const auto& row : rows)
        if (row.listed) in.push_back(row.listed);
    songs_[id] = std::move(rows);
}

void Catalogue::forget_song(const std::string& id) {
    songs_.erase(id);
    out_.insert(id);
    in_.erase(id);
    gone_.push_back(id);
}

ListedSong Catalogue::load(const std::string& id, const std::string& tags,
                           const std::vector<std::string>& names) const {
    const auto file = tree_.open(manifest_file(id, tags));
    if (!file) return nullptr;
    const auto bytes = read_rest(file->fd(), song::most_manifest_bytes, id);
    if (!bytes) return nullptr;
    const auto manifest = song::parse_manifest_of(id, as_text(*bytes));
    if (!manifest) return nullptr;
    return std::make_shared<const Listed>(describe(store::summary_of(*manifest, tags, names)));
}

std::shared_ptr<const Listing> Catalogue::listing() {
    if (out_.empty()) return listing_;
    std::vector<ListedSong> in;
    in.reserve(in_.size());
    for (auto& [id, songs] : in_) std::ranges::move(songs, std::back_inserter(in));
    listing_ = std::make_shared<const Listing>(
        *listing_, std::vector<std::string>{out_.begin(), out_.end()}, std::move(in));
    out_.clear();
    in_.clear();
    return listing_;
}

std::vector<std::string> Catalogue::take_gone() { return std::exchange(gone_, {}); }

Bytes Catalogue::print() const {
    Bytes out = head();
    FileWriter to{out};
    std::size_t count = 0;
    for (const auto& [id, rows] : songs_) count += rows.size();
    to.number(count);
    for (const auto& [id, rows] : songs_)
        for (const auto& row : rows) {
            to.text(id);
            to.text(row.tags);
            to.state(row.state);
            const Listed none;
            const auto& listed = row.listed ? *row.listed : none;
            for (const auto* part : texts_of(listed)) to.text(*part);
            to.number(std::bit_cast<std::uint64_t>(listed.seconds));
        }
    to.number(names_.size());
    for (const auto& [name, what] : names_) {
        to.text(name);
        to.state(what.state);
        to.text(what.id);
    }
    append(out, sha256(out));
    return out;
}

std::optional<CatalogueFile> parse_catalogue_file(BytesView bytes) {
    CatalogueFile file;
    FileReader from{bytes};
    for (auto left = from.number(); left > 0 && from.ok(); --left) {
        CatalogueFile::Row row;
        row.id = from.text();
        row.tags = from.text();
        row.state = from.state();
        Listed listed;
        listed.id = row.id;
        for (auto* part : texts_of(listed)) *part = from.text();
        listed.seconds = std::bit_cast<double>(from.number());
        if (!(listed.seconds >= 0 && listed.seconds < 1e9)) listed.seconds = 0;
        if (!listed.json.empty()) row.listed = std::move(listed);
        file.rows.push_back(std::move(row));
    }
    for (auto left = from.number(); left > 0 && from.ok(); --left) {
        CatalogueFile::Name name;
        name.name = from.text();
        name.state = from.state();
        name.id = from.text();
        file.names.push_back(std::move(name));
    }
    if (!from.at_end()) return {};
    return file;
}

bool Catalogue::read(BytesView bytes) {
    const auto begin = head();
    constexpr std::size_t proof = sizeof(Digest);
    if (bytes.size() < begin.size() + proof) return false;
    const auto body = bytes.first(bytes.size() - proof);
    if (!std::ranges::equal(sha256(body), bytes.last(proof)) ||
        !std::ranges::equal(body.first(begin.size()), begin))
        return false;
    auto file = parse_catalogue_file(body.subspan(begin.size()));
    if (!file) return false;
    for (auto& name : file->names) {
        names_of_[name.id].push_back(name.name);  // in order, as they were printed
        names_[std::move(name.name)] = {name.state, std::move(name.id)};
    }
    songs_.reserve(file->rows.size());
    for (auto row = file->rows.begin(); row != file->rows.end();) {
        const auto id = row->id;
        Rows rows;
        for (; row != file->rows.end() && row->id == id; ++row)
            rows.push_back(
                {std::move(row->tags), row->state,
                 row->listed ? std::make_shared<const Listed>(std::move(*row->listed)) : nullptr});
        put(id, std::move(rows));
    }
    return true;
}

}  // namespace stretto::edge
