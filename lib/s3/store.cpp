#include "s3/store.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/note.hpp"
#include "song/id.hpp"
#include "song/lookup.hpp"
#include "song/removals.hpp"

namespace stretto::s3 {
namespace {

constexpr std::int64_t keep_removals_ms = std::int64_t{400} * 24 * 3600 * 1000;
constexpr std::chrono::seconds flush_again{30};
constexpr std::size_t most_note_bytes = 1u << 30;
constexpr int most_changes = 40;
constexpr int most_rounds = 8;  // of whoever finds that others undid what it has done

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

/// Whoever lost a race tries again at a moment that depends on chance.
void pause_after_loss(int losses) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto most = std::min(20 << std::min(losses, 6), 1000);
    std::this_thread::sleep_for(
        std::chrono::milliseconds{random() % static_cast<unsigned>(most) + 1});
}

}  // namespace

http::Fields fields_of(std::string_view path) {
    constexpr std::string_view for_ever = "public, max-age=31536000, immutable",
                               for_a_minute =
                                   "public, max-age=60, stale-while-revalidate=600, "
                                   "stale-if-error=86400",
                               for_seconds = "public, max-age=5";
    const auto is = [&](std::string_view end) { return path.ends_with(end); };
    const auto type = is(".json")                  ? "application/json"
                      : is(".ogg")                 ? "audio/ogg"
                      : is(".jpg")                 ? "image/jpeg"
                      : path.starts_with("songs/") ? "application/octet-stream"
                                                   : "text/plain; charset=utf-8";
    const bool changes = is(".json") || path.starts_with("names/");
    const auto cache = path.starts_with("songs/") && !changes ? for_ever
                       : changes                              ? for_a_minute
                                                              : for_seconds;
    return {{"Content-Type", type}, {"Cache-Control", std::string{cache}}};
}

Store::Store(Location location, Open how, Patience patience)
    : bucket_(std::move(location), patience) {
    if (!bucket_.any("songs/") && how == Open::existing)
        throw Error{EX_NOINPUT, text("no store in '", bucket_.where(""), "'")};
}

/// What is lost when this fails is found again by encoding it anew.
Store::~Store() {
    try {
        flush_notes();
    } catch (const std::exception& failure) {
        note(failure.what());
    }
}

std::optional<Bytes> Store::read(const std::string& path, std::size_t most) const {
    Call call;
    call.key = path;
    call.most = most;
    auto answer = bucket_.ask(std::move(call));
    if (!answer.found()) return {};
    return std::move(answer.body);
}

bool Store::has(const std::string& id) const { return !tag_of(song::manifest_path(id)).empty(); }

void Store::put(const std::string& path, Bytes bytes) {
    Call call;
    call.method = "PUT";
    call.fields = fields_of(path);
    call.key = path;
    call.body = std::move(bytes);
    must_be_stored(bucket_.ask(std::move(call)), path);
}

void Store::must_be_stored(const Answer& answer, const std::string& path) const {
    if (!answer.found()) throw not_done(answer, path);
}

/// The answer to a request without a condition, which none but 200 (of DELETE: 204, 404) does.
Error Store::not_done(const Answer& answer, const std::string& path) const {
    return Error{EX_IOERR, text("'", where(path), "': the server says ", answer.status, " ",
                                http::reason(answer.status))};
}

bool Store::put_if(const std::string& path, Bytes bytes, const std::string& tag) {
    const auto send = [&](Conditions conditions) {
        Call call;
        call.method = "PUT";
        call.key = path;
        call.fields = fields_of(path);
        call.body = bytes;
        const bool bare = conditions == Conditions::bare && tag.size() > 2;
        if (conditions != Conditions::none && tag.empty()) call.fields.add("If-None-Match", "*");
        if (conditions != Conditions::none && !tag.empty())
            call.fields.add("If-Match", bare ? tag.substr(1, tag.size() - 2) : tag);
        return bucket_.ask(std::move(call));
    };
    const auto kind = conditions_.load();
    auto answer = send(kind);
    if (answer.status == 501) {
        conditions_ = Conditions::none;
        answer = send(Conditions::none);
    } else if (answer.lost() && !tag.empty() && kind == Conditions::quoted && tag_of(path) == tag) {
        // nobody came between: Ceph compares without the quotes
        answer = send(Conditions::bare);
        if (answer.found()) conditions_ = Conditions::bare;
    }
    // 404: it was to be replaced, and has gone
    return answer.found();
}

std::string Store::tag_of(const std::string& path) const {
    Call call;
    call.method = "HEAD";
    call.key = path;
    const auto answer = bucket_.ask(std::move(call));
    return answer.found() ? answer.tag() : "";
}

void Store::change(const std::string& path, std::size_t most, const Change& change) {
    for (int losses = 0; losses < most_changes; ++losses) {
        Call call;
        call.key = path;
        call.most = most;
        const auto answer = bucket_.ask(std::move(call));
        const auto now = answer.found() ? std::optional{answer.body} : std::nullopt;
        auto next = change(now);
        if (!next) return;
        if (put_if(path, std::move(*next), answer.found() ? answer.tag() : "")) return;
        pause_after_loss(losses);
    }
    throw Error{EX_TEMPFAIL, text("'", where(path), "': others keep changing it")};
}

void Store::remove_objects(const std::vector<std::string>& paths) {
    bucket_.ask_all(
        paths.size(),
        [&](std::size_t number) {
            Call call;
            call.method = "DELETE";
            call.key = paths[number];
            return call;
        },
        [&](std::size_t number, Answer&& answer) {
            if (answer.status != 200 && answer.status != 204 && answer.status != 404)
                throw not_done(answer, paths[number]);
        });
}

std::vector<std::string> Store::keys_below(const std::string& prefix) const {
    std::vector<std::string> keys;
    bucket_.list(prefix, "", [&](ListPage&& page) {
        for (auto& object : page.objects) keys.push_back(std::move(object.key));
    });
    return keys;
}

// ---- a song that comes

class Store::Coming final : public store::Incoming {
   public:
    explicit Coming(Store& store) : store_(store) {}

    void add(const std::string& path, Bytes bytes) override {
        if (!spool_) spool_ = open_spool();
        write_all(spool_.fd(), bytes, "a temporary file");
        parts_.push_back({path, at_, bytes.size()});
        at_ += bytes.size();
    }
    void sync() override {}

    std::shared_ptr<void> begin(const std::string& id) override {
        id_ = id;
        small_.clear();
        tag_ = store_.tag_of(song::manifest_path(id));
        before_.clear();
        if (tag_.empty()) sent_ = false;  // who removed it took our parts with it
        if (!tag_.empty()) before_ = store_.tag_sets(id);
        return nullptr;
    }

    void put(const std::string& path, BytesView bytes) override {
        small_[path] = {bytes.begin(), bytes.end()};
    }

    void confirm() override { store_.settle(id_); }

    bool admit() override {
        send_parts();
        for (auto& [path, bytes] : small_)
            if (path != song::manifest_file) store_.put(song::song_path(id_, path), bytes);
        const auto& manifest = small_.at(std::string{song::manifest_file});
        if (!store_.put_if(song::manifest_path(id_), manifest, tag_) &&
            // an answer that was lost makes us lose against ourselves
            store_.read(song::manifest_path(id_), song::most_manifest_bytes) != manifest) {
            pause_after_loss(++losses_);
            return false;
        }
        std::vector<std::string> gone;
        for (const auto& key : before_)
            if (!small_.contains(song::tags_path(key)))
                gone.push_back(song::song_path(id_, song::tags_path(key)));
        store_.remove_objects(gone);
        if (!send_missing()) {
            pause_after_loss(++losses_);
            return false;
        }
        confirm();
        return true;
    }

   private:
    struct Part {
        std::string path;
        std::uint64_t at = 0, size = 0;
    };

    void send_parts() {
        if (sent_) return;
        send(parts_);
        sent_ = true;
    }

    /// Whoever removes the song or cleans up may have taken parts away while no manifest named
    /// them. Now there is one, which they look for after they deleted something.
    /// @return false: the manifest has gone too
    bool send_missing() {
        for (int round = 0; round < most_rounds; ++round) {
            const auto keys = store_.keys_below(song::song_path(id_, ""));
            const std::set<std::string> there{keys.begin(), keys.end()};
            const auto lacks = [&](const std::string& path) {
                return !there.contains(song::song_path(id_, path));
            };
            if (lacks(std::string{song::manifest_file})) return false;
            std::vector<Part> missing;
            for (const auto& part : parts_)
                if (lacks(part.path)) missing.push_back(part);
            bool whole = missing.empty();
            send(missing);
            for (const auto& [path, bytes] : small_) {
                if (!lacks(path)) continue;
                store_.put(song::song_path(id_, path), bytes);
                whole = false;
            }
            if (whole) return true;
        }
        throw Error{EX_TEMPFAIL, text("'", store_.where(song::song_path(id_, "")),
                                      "': its parts keep disappearing")};
    }

    void send(const std::vector<Part>& parts) {
        store_.bucket_.ask_all(
            parts.size(),
            [&](std::size_t number) {
                const auto& part = parts[number];
                Call call;
                call.method = "PUT";
                call.key = song::song_path(id_, part.path);
                call.fields = fields_of(call.key);
                call.body.resize(part.size);
                if (!try_read_at(spool_.fd(), call.body, part.at))
                    throw system_error("read", "a temporary file");
                return call;
            },
            [&](std::size_t number, Answer&& answer) {
                store_.must_be_stored(answer, song::song_path(id_, parts[number].path));
            });
    }

    Store& store_;
    File spool_;
    std::uint64_t at_ = 0;
    std::vector<Part> parts_;
    std::map<std::string, Bytes> small_;
    std::string id_, tag_;
    std::vector<std::string> before_;
    bool sent_ = false;
    int losses_ = 0;
};

std::unique_ptr<store::Incoming> Store::incoming() { return std::make_unique<Coming>(*this); }

// ---- names

std::optional<std::string> Store::id_of(const std::string& name) const {
    const auto bytes = read(song::name_path(name), 64);
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    if (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
}

void Store::set_name(const std::string& name, const std::string& id) {
    const auto before = id_of(name);
    if (before != id) put(song::name_path(name), bytes_of(id + "\n"));
    const auto add = [&](std::vector<std::string>& names) {
        const auto at = std::ranges::lower_bound(names, name);
        if (at == names.end() || *at != name) names.insert(at, name);
    };
    note_song(id, add);
    if (before && *before != id && song::is_id(*before))
        note_song(*before, [&](std::vector<std::string>& names) { std::erase(names, name); });
    if (has(id)) return;  // who removes it from now on finds the name in the catalogue
    if (id_of(name) == id) remove_objects({song::name_path(name)});
    throw Error{EX_TEMPFAIL,
                text("'", where(song::manifest_path(id)), "': it was removed meanwhile")};
}

/// As the catalogue has them.
std::vector<std::string> Store::names_listed(const std::string& id) const {
    const auto path = store::catalogue_path(id);
    const auto bytes = read(path, store::most_catalogue_part_bytes);
    if (!bytes) return {};
    std::vector<std::string> names;
    for (const auto& row : must(store::parse_summaries(as_text(*bytes)), where(path)))
        if (row.id == id) names.insert(names.end(), row.names.begin(), row.names.end());
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> Store::names_of(const std::string& id) const {
    auto names = names_listed(id);
    std::erase_if(names, [&](const auto& name) { return id_of(name) != id; });
    return names;
}

std::vector<std::string> Store::tag_sets(const std::string& id) const {
    std::vector<std::string> keys;
    for (const auto& key : keys_below(song::song_path(id, "tags/")))
        if (const auto song = song::parse_song_path(key))
            if (auto tags = song::parse_tags_path(song->second)) keys.push_back(std::move(*tags));
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> Store::ids() const {
    std::vector<std::string> ids;
    constexpr std::string_view songs = "songs/";
    bucket_.list(std::string{songs}, "/", [&](ListPage&& page) {
        for (const auto& prefix : page.prefixes)
            ids.push_back(prefix.substr(songs.size(), prefix.size() - songs.size() - 1));
    });
    std::ranges::sort(ids);
    return ids;
}

std::vector<std::string> Store::names() const {
    std::vector<std::string> names;
    constexpr std::string_view folder = "names/";
    for (const auto& key : keys_below(std::string{folder}))
        names.push_back(key.substr(folder.size()));
    std::ranges::sort(names);
    return names;
}

// ---- the catalogue

std::optional<song::Manifest> Store::manifest_at(const std::string& id,
                                                 const std::string& path) const {
    const auto bytes = read(song::song_path(id, path), song::most_manifest_bytes);
    if (!bytes) return {};
    auto manifest = song::parse_manifest_of(id, as_text(*bytes));
    if (!manifest) return {};
    return std::move(*manifest);
}

/// Of what is in the bucket; none: there is no such song.
Store::Rows Store::rows_of(const std::string& id, const std::vector<std::string>& names) const {
    const auto own = manifest_at(id, std::string{song::manifest_file});
    if (!own) return {};
    auto rest = names;
    Rows rows;
    for (const auto& key : tag_sets(id)) {
        const auto manifest = manifest_at(id, song::tags_path(key));
        if (!manifest) continue;
        std::vector<std::string> its;
        if (std::erase(rest, key) > 0) its = {key};
        rows.push_back(store::summary_of(*manifest, key, its));
    }
    rows.insert(rows.begin(), store::summary_of(*own, {}, rest));
    return rows;
}

void Store::note_song(const std::string& id,
                      const std::function<void(std::vector<std::string>&)>& rename) {
    const auto path = store::catalogue_path(id);
    change(path, store::most_catalogue_part_bytes,
           [&](const std::optional<Bytes>& now) -> std::optional<Bytes> {
               Rows all;
               if (now) {
                   auto parsed = store::parse_summaries(as_text(*now));
                   if (!parsed) {  // which would hide all that comes: it is made anew
                       note(text("'", where(path), "': ", parsed.error().why,
                                 "; use stretto-publish --clean"));
                   } else {
                       all = std::move(*parsed);
                   }
               }
               std::vector<std::string> names;
               for (const auto& row : all)
                   if (row.id == id) names.insert(names.end(), row.names.begin(), row.names.end());
               std::ranges::sort(names);
               if (rename) rename(names);
               auto rows = rows_of(id, names);
               std::erase_if(all, [&](const auto& row) { return row.id == id; });
               const auto at = std::ranges::lower_bound(all, id, {}, &store::Summary::id);
               all.insert(at, std::make_move_iterator(rows.begin()),
                          std::make_move_iterator(rows.end()));
               const auto lines = store::print_summaries(all);
               if (now ? as_text(*now) == lines : lines.empty()) return {};
               return bytes_of(lines);
           });
}

std::optional<std::vector<store::Summary>> Store::catalogue() const {
    const auto parts = keys_below(std::string{store::catalogue_folder});
    std::vector<Rows> rows(parts.size());
    bucket_.ask_all(
        parts.size(),
        [&](std::size_t number) {
            Call call;
            call.key = parts[number];
            call.most = store::most_catalogue_part_bytes;
            return call;
        },
        [&](std::size_t number, Answer&& answer) {
            if (answer.found())
                rows[number] =
                    must(store::parse_summaries(as_text(answer.body)), where(parts[number]));
        });
    Rows all;
    for (auto& part : rows)
        all.insert(all.end(), std::make_move_iterator(part.begin()),
                   std::make_move_iterator(part.end()));
    std::ranges::stable_sort(all, {}, &store::Summary::id);
    return all;
}

// ---- removal

/// @param anew  with a line of this moment, also where there is one
void Store::note_removed(const std::string& id, bool removed, bool anew) {
    change(std::string{song::removals_path}, song::most_removals_bytes,
           [&](const std::optional<Bytes>& now) -> std::optional<Bytes> {
               std::vector<song::Removal> all;
               if (now)
                   all = must(song::parse_removals(as_text(*now)),
                              where(std::string{song::removals_path}));
               const bool noted = std::ranges::count(all, id, &song::Removal::id) > 0;
               if (noted == removed && !anew) return {};
               const auto ms = utc_ms();
               std::erase_if(all, [&](const song::Removal& one) {
                   return one.id == id || one.ms < ms - keep_removals_ms;
               });
               if (removed) all.push_back({ms, id});
               if (all.size() > song::most_removals) all.erase(all.begin());
               const auto lines = song::print_removals(all);
               return bytes_of(lines);
           });
}

/// Make the log and the catalogue say what is there. Whoever changes whether a song is there calls
/// this afterwards. Others may do so meanwhile with what they saw before the last change: they see
/// the change when they look again, after all that they wrote.
void Store::settle(const std::string& id) {
    const auto manifest = song::manifest_path(id);
    for (int losses = 0; losses < most_changes; ++losses) {
        const auto tag = tag_of(manifest);
        note_removed(id, tag.empty());
        note_song(id);
        if (tag_of(manifest) == tag) return;
        pause_after_loss(losses);
    }
    throw Error{EX_TEMPFAIL, text("'", where(manifest), "': others keep changing it")};
}

void Store::remove_names(const std::string& id) {
    std::vector<std::string> paths;
    for (const auto& name : names_of(id)) paths.push_back(song::name_path(name));
    remove_objects(paths);
}

/// A publisher may be at work on the same song. If it writes the manifest after our last look, it
/// misses what we took away, and sends it again. If it wrote it before, it may have missed nothing
/// yet: then the song goes once more, whole. Parts that came after our list are left to it.
bool Store::remove(const std::string& id) {
    const auto folder = song::song_path(id, ""), manifest = song::manifest_path(id);
    // also what is left of a removal that did not end
    if (keys_below(folder).empty()) return false;
    for (int round = 0; round < most_rounds; ++round) {
        if (round > 0) pause_after_loss(round);
        note_removed(id, true, true);
        remove_names(id);
        remove_objects({manifest});  // from here on the song is not there
        remove_names(id);            // those that it got just then
        settle(id);
        const auto keys = keys_below(folder);
        if (std::ranges::count(keys, manifest) > 0) continue;
        remove_objects(keys);
        if (!has(id)) return true;
    }
    throw Error{EX_TEMPFAIL, text("'", where(manifest), "': others keep publishing it")};
}

// ---- notes

std::optional<Bytes> Store::read_note(const std::string& name, std::size_t most) const {
    return read(name, most);
}

/// An object has no end to append to: lines are collected for half a minute.
void Store::append_note(const std::string& name, const std::string& line) {
    bool due = false;
    {
        const std::lock_guard lock{mutex_};
        notes_[name] += line;
        due = std::chrono::steady_clock::now() - flushed_ >= flush_again;
    }
    if (due) flush_notes();
}

void Store::flush_notes() {
    std::map<std::string, std::string> notes;
    {
        const std::lock_guard lock{mutex_};
        notes.swap(notes_);
        flushed_ = std::chrono::steady_clock::now();
    }
    try {
        while (!notes.empty()) {
            const auto& [name, lines] = *notes.begin();
            change(name, most_note_bytes, [&](const std::optional<Bytes>& now) {
                auto all = now ? *now : Bytes{};
                append(all, as_bytes(lines));
                return std::optional{std::move(all)};
            });
            notes.erase(notes.begin());
        }
    } catch (...) {  // later, perhaps
        const std::lock_guard lock{mutex_};
        for (const auto& [name, lines] : notes) notes_[name].insert(0, lines);
        throw;
    }
}

}  // namespace stretto::s3
