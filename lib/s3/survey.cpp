// What a bucket holds beside whole songs: objects that publishers left, and a catalogue that does
// not say what is there.
#include <algorithm>
#include <set>

#include "base/clock.hpp"
#include "base/note.hpp"
#include "s3/store.hpp"
#include "song/lookup.hpp"

namespace stretto::s3 {
namespace {

/// The objects that a manifest names.
void add_parts(const song::Manifest& manifest, std::set<std::string>& to) {
    for (const auto& cover : manifest.covers) to.insert(song::cover_path(hex(cover.sha256)));
    for (const auto& rendition : manifest.renditions) {
        to.insert(song::index_path(rendition.kbps));
        for (std::size_t k = 0; k < rendition.chunks.size(); ++k)
            to.insert(song::chunk_path(rendition.kbps, static_cast<std::int64_t>(k)));
    }
}

}  // namespace

/// Everything below the prefix, held against the manifests.
struct Store::Survey {
    struct Song {
        Times parts;
        bool whole = false;
    };
    std::map<std::string, Song> songs;
    Times strays;                              ///< objects that no manifest names
    std::map<std::string, std::string> names;  ///< name and id
};

Store::Survey Store::survey() const {
    Survey found;
    bucket_.list("songs/", "", [&](ListPage&& page) {
        for (const auto& object : page.objects)
            if (const auto song = song::parse_song_path(object.key)) {
                auto& known = found.songs[song->first];
                known.parts[song->second] = object.changed_s;
                known.whole = known.whole || song->second == song::manifest_file;
            }
    });
    std::vector<std::string> whole;
    for (const auto& [id, song] : found.songs) {
        if (song.whole)
            whole.push_back(id);
        else
            for (const auto& [path, time] : song.parts)
                found.strays[song::song_path(id, path)] = time;
    }
    for (const auto& id : whole) {
        auto& parts = found.songs.at(id).parts;
        std::set<std::string> named{std::string{song::manifest_file}};
        bool damaged = false;
        for (const auto& [path, time] : parts) {
            if (path != song::manifest_file && !song::parse_tags_path(path)) continue;
            const auto manifest = manifest_at(id, path);
            if (!manifest)
                damaged = true;
            else
                add_parts(*manifest, named);
            named.insert(path);
        }
        if (damaged) continue;  // nobody knows what belongs to it
        for (const auto& [path, time] : parts)
            if (!named.contains(path)) found.strays[song::song_path(id, path)] = time;
    }
    const auto names = this->names();
    bucket_.ask_all(
        names.size(),
        [&](std::size_t number) {
            Call call;
            call.key = song::name_path(names[number]);
            call.most = 64;
            return call;
        },
        [&](std::size_t number, Answer&& answer) {
            const auto id = song::parse_name(as_text(answer.body));
            if (answer.found() && id) found.names[names[number]] = *id;
        });
    return found;
}

std::vector<std::string> Store::leftovers() const {
    std::vector<std::string> lines;
    const auto found = survey();
    for (const auto& [path, time] : found.strays)
        lines.push_back(text(printable(path), "\tbelongs to no song: a publisher did not finish"));
    std::map<std::string, std::vector<std::string>> listed, there;
    const auto rows = catalogue().value();
    for (const auto& row : rows) {
        auto& names = listed[row.id];
        names.insert(names.end(), row.names.begin(), row.names.end());
    }
    for (auto& [id, names] : listed) std::ranges::sort(names);
    for (const auto& [id, song] : found.songs)
        if (song.whole) there[id];
    for (const auto& [name, id] : found.names)
        if (there.contains(id)) there[id].push_back(name);
    for (const auto& [id, names] : there) {
        if (!listed.contains(id))
            lines.push_back(text(store::catalogue_path(id), "\tlacks the song ", id));
        else if (listed.at(id) != names)
            lines.push_back(text(store::catalogue_path(id), "\thas other names for the song ", id));
    }
    for (const auto& [id, names] : listed)
        if (!there.contains(id))
            lines.push_back(
                text(store::catalogue_path(id), "\tlists a song that is not there: ", id));
    return lines;
}

void Store::clean(std::int64_t age_s, const Told& told) {
    const auto found = survey();
    const auto before_s = utc_ms() / 1000 - age_s;
    std::map<std::string, std::vector<std::string>> old;  // by song
    for (const auto& [path, time] : found.strays)
        if (const auto song = song::parse_song_path(path); song && time <= before_s)
            old[song->first].push_back(song->second);
    std::vector<std::string> hurt;
    for (const auto& [id, parts] : old)
        if (!remove_strays(id, parts, found.songs.at(id).parts, told)) hurt.push_back(id);

    std::map<std::string, std::map<std::string, std::vector<std::string>>> parts;
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [name, id] : found.names) names[id].push_back(name);
    for (const auto& [id, song] : found.songs)
        if (song.whole) parts[store::catalogue_path(id)][id] = names[id];
    for (const auto& key : keys_below(std::string{store::catalogue_folder})) parts[key];
    for (const auto& [path, songs] : parts)
        if (mend(path, songs)) told(path);
    for (const auto& id : hurt) {
        Error failure{
            EX_TEMPFAIL,
            text("'", where(song::song_path(id, "")),
                 "': it was published while its old parts were removed: publish it again")};
        if (&id == &hurt.back()) throw failure;
        note(failure.what());
    }
}

Store::Times Store::times_of(const std::string& id) const {
    Times times;
    bucket_.list(song::song_path(id, ""), "", [&](ListPage&& page) {
        for (const auto& object : page.objects)
            if (auto song = song::parse_song_path(object.key))
                times[song->second] = object.changed_s;
    });
    return times;
}

/// Leaves alone whoever has come back meanwhile to finish the song. A publisher who comes after
/// that look sends again what it misses, unless it has looked for that before we deleted it.
/// @return false: the song has a manifest now, and lacks what was deleted
bool Store::remove_strays(const std::string& id, const std::vector<std::string>& strays,
                          const Times& before, const Told& told) {
    const auto time_in = [](const Times& all, const std::string& path) {
        const auto found = all.find(path);
        return found == all.end() ? 0 : found->second;
    };
    const std::string manifest{song::manifest_file};
    const auto now = times_of(id);
    std::vector<std::string> paths;
    for (const auto& path : strays)
        if (time_in(before, manifest) == time_in(now, manifest) &&
            time_in(before, path) == time_in(now, path))
            paths.push_back(song::song_path(id, path));
    if (paths.empty()) return true;
    remove_objects(paths);
    std::ranges::for_each(paths, told);

    const auto after = times_of(id);
    if (time_in(after, manifest) == time_in(now, manifest)) return true;
    std::set<std::string> named;
    for (const auto& [path, time] : after) {
        if (path != manifest && !song::parse_tags_path(path)) continue;
        if (const auto read = manifest_at(id, path)) add_parts(*read, named);
    }
    return std::ranges::all_of(named, [&](const auto& path) { return after.contains(path); });
}

/// A part of the catalogue as the songs are now, which may be others than those that were surveyed.
/// @param songs  ids and names that were seen in the bucket. @return whether it was written
bool Store::mend(const std::string& path,
                 const std::map<std::string, std::vector<std::string>>& songs) {
    std::map<std::string, Rows> seen;
    for (const auto& [id, names] : songs) seen[id] = rows_of(id, names);
    bool changed = false;
    change(path, store::most_catalogue_part_bytes,
           [&](const std::optional<Bytes>& now) -> std::optional<Bytes> {
               changed = false;
               std::map<std::string, Rows> all;
               if (now)
                   if (auto parsed = store::parse_summaries(as_text(*now)))
                       for (auto& row : *parsed) {
                           auto& rows = all[row.id];
                           rows.push_back(std::move(row));
                       }
               for (const auto& [id, rows] : seen) all[id];
               Rows next;
               for (auto& [id, rows] : all) {
                   const auto known = seen.find(id);
                   const bool as_seen =
                       known != seen.end() &&
                       store::print_summaries(rows) == store::print_summaries(known->second);
                   if (!as_seen) {
                       std::set<std::string> names;
                       for (const auto& row : rows)
                           names.insert(row.names.begin(), row.names.end());
                       if (const auto found = songs.find(id); found != songs.end())
                           names.insert(found->second.begin(), found->second.end());
                       std::erase_if(names, [&](const auto& name) { return id_of(name) != id; });
                       rows = rows_of(id, {names.begin(), names.end()});
                   }
                   next.insert(next.end(), std::make_move_iterator(rows.begin()),
                               std::make_move_iterator(rows.end()));
               }
               const auto lines = store::print_summaries(next);
               if (now ? as_text(*now) == lines : lines.empty()) return {};
               changed = true;
               return Bytes{as_bytes(lines).begin(), as_bytes(lines).end()};
           });
    return changed;
}

}  // namespace stretto::s3
