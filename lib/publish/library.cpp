#include "publish/library.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "publish/cut.hpp"
#include "publish/music.hpp"
#include "publish/publish.hpp"
#include "song/id.hpp"

namespace stretto::publish {
namespace {

namespace fs = std::filesystem;

/// What changes when a file is replaced.
std::string state_of(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return {};
    return text(file.filename().string(), "\n", info.st_size, " ", info.st_mtim.tv_sec, ".",
                info.st_mtim.tv_nsec, "\n");
}

/// A cue sheet beside music.
struct SheetBeside {
    fs::path path;
    std::optional<CueSheet> sheet;
    std::string why;    // it cannot be read
    bool used = false;  // for some file

    /// Whether it is for a file in its folder.
    /// @param only  there is one file and one sheet
    bool belongs_to(const fs::path& file, bool only) const {
        if (lower_case(path.stem().string()) == lower_case(file.stem().string()) ||
            lower_case(path.stem().string()) == lower_case(file.filename().string()))
            return true;
        if (!sheet) return only;
        const bool one = sheet->tracks.front().file == sheet->tracks.back().file;
        return (only && one) || std::ranges::any_of(sheet->tracks, [&](const auto& track) {
                   return same_recording(track.file, file.string());
               });
    }
};

/// "1,2,3"
std::string print_numbers(const std::vector<int>& numbers) {
    std::string all;
    for (const int n : numbers) all += text(all.empty() ? "" : ",", n);
    return all;
}
std::vector<int> parse_numbers(const std::string& printed) {
    std::vector<int> numbers;
    std::istringstream in{printed};
    for (std::string word; std::getline(in, word, ',');)
        if (const int n = std::atoi(word.c_str()); n > 0) numbers.push_back(n);
    return numbers;
}

/// What earlier runs published: lines of a key, a blank, and a word: an id, or the tracks of the
/// sheet in a file. A later line replaces an earlier one with the same key.
class Memory {
   public:
    explicit Memory(store::Store& store) : store_(store) {
        const auto bytes = store_.read_note(note_name, most_bytes);
        if (!bytes) return;
        const auto all = as_text(*bytes);
        torn_ = !all.empty() && all.back() != '\n';
        for (std::size_t at = 0, end; (end = all.find('\n', at)) != all.npos; at = end + 1) {
            const auto line = all.substr(at, end - at);
            if (line.size() > 33 && line[32] == ' ')
                known_[std::string{line.substr(0, 32)}] = line.substr(33);
        }
    }
    static std::string key(const std::string& of) {
        return base32(sha256(as_bytes(of))).substr(0, 32);
    }
    std::string find(const std::string& key) const {
        const auto found = known_.find(key);
        return found == known_.end() ? std::string{} : found->second;
    }
    void add(const std::string& key, const std::string& id) {
        if (find(key) == id) return;
        store_.append_note(note_name, text(torn_ ? "\n" : "", key, " ", id, "\n"));
        torn_ = false;
        known_[key] = id;
    }

   private:
    static constexpr std::size_t most_bytes = 1u << 30;
    static constexpr const char* note_name = ".published";
    store::Store& store_;
    bool torn_ = false;
    std::unordered_map<std::string, std::string> known_;
};

/// Bytes from the thread that encodes to the thread that cuts. The first waits while 4 MB are
/// under way.
class Conduit {
   public:
    void write(BytesView bytes) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return abandoned_ || held_ < (4u << 20); });
        if (abandoned_) throw Error{EX_IOERR, "the cutter has ended"};
        held_ += bytes.size();
        parts_.emplace_back(bytes.begin(), bytes.end());
        changed_.notify_all();
    }
    void end() {
        const std::lock_guard lock{mutex_};
        ended_ = true;
        changed_.notify_all();
    }
    void abandon() {
        const std::lock_guard lock{mutex_};
        abandoned_ = true;
        changed_.notify_all();
    }
    std::size_t read(std::span<std::uint8_t> into) {
        std::size_t have = 0;
        std::unique_lock lock{mutex_};
        while (have < into.size()) {
            changed_.wait(lock, [this] { return ended_ || !parts_.empty(); });
            if (parts_.empty()) break;
            auto& part = parts_.front();
            const std::size_t n = std::min(part.size() - at_, into.size() - have);
            std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(at_), n,
                        into.begin() + static_cast<std::ptrdiff_t>(have));
            have += n;
            at_ += n;
            if (at_ < part.size()) continue;
            held_ -= part.size();
            parts_.pop_front();
            at_ = 0;
            changed_.notify_all();
        }
        return have;
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Bytes> parts_;
    std::size_t at_ = 0, held_ = 0;
    bool ended_ = false, abandoned_ = false;
};

class Library {
   public:
    Library(store::Store& store, const LibraryOptions& options, const LibraryReport& report)
        : store_(store), options_(options), report_(report), memory_(store) {}

    std::vector<Outcome> run(const std::vector<fs::path>& files) {
        all_ = files.size();
        std::map<fs::path, std::vector<fs::path>> folders;
        for (const auto& file : files) folders[file.parent_path()].push_back(file);
        for (auto& [path, inside] : folders)
            jobs_.push_back([this, inside = std::move(inside)] { look(inside); });
        {
            std::vector<std::jthread> workers;
            for (unsigned i = 0; i < std::max(1U, options_.jobs); ++i)
                workers.emplace_back([this] { work(); });
        }
        if (failure_) std::rethrow_exception(failure_);
        std::ranges::sort(outcomes_, {},
                          [](const Outcome& o) { return std::tie(o.file, o.track); });
        return std::move(outcomes_);
    }

   private:
    using Gain = LibraryOptions::Gain;
    struct Track {
        fs::path path, picture;  // which stands beside it
        fs::path cue;            // the sheet beside it that is used
        int number = 0;          // of this track of a sheet; 0: the whole file
        std::string folder_key, key;
        std::string before;  // its id of an earlier run
        std::string why;     // it cannot be published
        std::optional<audio::Meter> meter;
    };
    /// Which tracks of a group are read at once: those of one file.
    using Unit = std::vector<std::size_t>;
    /// Files that are measured together.
    struct Group {
        std::vector<Track> tracks;
        std::size_t waiting = 0;  // for how many units to be measured
        bool whole = false;       // all tracks were measured, or tried
        std::optional<audio::Gain> gain;
    };
    using Job = std::function<void()>;

    void work() noexcept {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [this] { return failure_ || !jobs_.empty() || running_ == 0; });
            if (failure_ || jobs_.empty()) break;
            const Job job = std::move(jobs_.front());
            jobs_.pop_front();
            ++running_;
            lock.unlock();
            std::exception_ptr failure;
            try {
                job();
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            if (failure && !failure_) failure_ = failure;
            --running_;
            changed_.notify_all();
        }
        changed_.notify_all();
    }

    /// In front of other jobs: what was begun is finished, and what was measured is forgotten,
    /// before more is begun.
    void next(std::vector<Job> jobs) {
        const std::lock_guard lock{mutex_};
        jobs_.insert(jobs_.begin(), std::make_move_iterator(jobs.begin()),
                     std::make_move_iterator(jobs.end()));
        changed_.notify_all();
    }

    std::string settings() const {
        std::string all = text(options_.lufs, " ", options_.true_peak, " ", options_.source.rate,
                               " ", options_.chunk_seconds, " ", static_cast<int>(options_.gain),
                               " ", options_.source.single_mono, " ", options_.source.keep_going,
                               " ", options_.source.no_cover);
        for (const int kbps : options_.kbps) all += text(" ", kbps);
        return all;
    }

    std::string known(const std::string& key) {
        std::string id;
        {
            const std::lock_guard lock{mutex_};
            id = memory_.find(key);
        }
        // the store may be far away, and others need not wait for it
        if (!song::is_id(id) || !store_.read(song::manifest_path(id), song::most_manifest_bytes))
            id.clear();
        return id;
    }

    void done(const Track& track, std::string id, std::string why, bool before = false,
              std::vector<std::string> damage = {}) {
        Outcome outcome{track.path,     track.number, std::move(id),
                        std::move(why), before,       std::move(damage)};
        const std::lock_guard lock{mutex_};
        if (!outcome.id.empty()) {
            memory_.add(track.key, outcome.id);
            memory_.add(track.folder_key, outcome.id);
        }
        outcomes_.push_back(std::move(outcome));
        report_(outcomes_.size(), all_, outcomes_.back());
    }

    /// A directory: nothing to do if none of its files has changed; else each album in it on its
    /// own, since a new file changes its album's gain.
    void look(const std::vector<fs::path>& files) {
        const auto picture =
            options_.source.no_cover ? fs::path{} : picture_beside(files.front().parent_path());
        std::string state = state_of(picture);
        for (const auto& file : files) state += state_of(file);
        std::vector<Track> tracks;
        for (auto& track : tracks_of(files)) {
            track.picture = picture;
            track.folder_key = key_of(track, "folder\n" + state + state_of(track.cue));
            if (track.why.empty()) track.before = known(track.folder_key);
            tracks.push_back(std::move(track));
        }
        const auto was_known = [](const Track& track) { return !track.before.empty(); };
        if (std::ranges::all_of(tracks, was_known)) {
            for (auto& track : tracks) done(track, track.before, {}, true);
            return;
        }
        std::map<std::string, std::shared_ptr<Group>> groups;
        for (auto& track : tracks) {
            auto& group = groups[album_of(track)];
            if (!group) group = std::make_shared<Group>();
            group->tracks.push_back(std::move(track));
        }
        for (auto& [album, group] : groups) begin(group);
    }

    /// The songs in a directory's files, each file's in a row.
    std::vector<Track> tracks_of(const std::vector<fs::path>& files) {
        auto sheets = sheets_beside(files.front().parent_path());
        std::vector<Track> tracks;
        for (const auto& file : files) {
            fs::path cue;
            std::string why;
            std::vector<int> numbers;
            try {
                auto* sheet = sheet_of(sheets, file, sheets.size() == 1 && files.size() == 1);
                if (sheet) cue = sheet->path;
                numbers = sheet ? numbers_in(sheet->sheet, file) : numbers_inside(file);
            } catch (const Error& e) {
                why = e.what();
            }
            if (numbers.empty()) numbers = {0};
            all_ += numbers.size() - 1;
            for (const int number : numbers) {
                Track track;
                track.path = file;
                track.number = number;
                track.why = why;
                if (number != 0) track.cue = cue;
                tracks.push_back(std::move(track));
            }
        }
        for (const auto& sheet : sheets) {
            if (sheet.sheet || sheet.used) continue;
            Track track;  // nobody knows what it is for
            track.path = sheet.path;
            ++all_;
            done(track, {}, sheet.why);
        }
        return tracks;
    }

    std::vector<SheetBeside> sheets_beside(const fs::path& folder) const {
        std::vector<SheetBeside> sheets;
        if (options_.no_cue) return sheets;
        for (const auto& path : sheets_in(folder)) {
            SheetBeside beside;
            beside.path = path;
            try {
                const auto bytes = read_file(path, std::size_t{1} << 20);
                beside.sheet = must(parse_cue(as_text(bytes)), path.string());
            } catch (const Error& e) {
                beside.why = e.what();
            }
            sheets.push_back(std::move(beside));
        }
        return sheets;
    }

    /// The sheet beside a file that is for it, first of all one with its name. Throws an Error when
    /// that cannot be read.
    static SheetBeside* sheet_of(std::vector<SheetBeside>& sheets, const fs::path& file,
                                 bool only) {
        SheetBeside* found = nullptr;
        for (auto& sheet : sheets) {
            if (!sheet.belongs_to(file, only)) continue;
            if (!found ||
                lower_case(sheet.path.stem().string()) == lower_case(file.stem().string()))
                found = &sheet;
        }
        if (!found) return nullptr;
        found->used = true;
        if (!found->sheet) throw Error{EX_DATAERR, found->why};
        // one song alone is the whole file, and has tags of its own
        return found->sheet->tracks_in(file.string()).size() > 1 ? found : nullptr;
    }

    static std::vector<int> numbers_in(const std::optional<CueSheet>& sheet, const fs::path& file) {
        std::vector<int> numbers;
        if (!sheet) return numbers;
        for (const auto* track : sheet->tracks_in(file.string())) numbers.push_back(track->number);
        if (numbers.size() < 2) numbers.clear();
        return numbers;
    }

    /// By the sheet inside a file, which is read once for each state of the file.
    std::vector<int> numbers_inside(const fs::path& file) {
        if (options_.no_cue) return {};
        Track whole;
        whole.path = file;
        const auto key = key_of(whole, "sheet\n" + state_of(file));
        std::string printed;
        {
            const std::lock_guard lock{mutex_};
            printed = memory_.find(key);
        }
        if (!printed.empty()) return parse_numbers(printed);
        const auto in = open_input(file);
        const auto numbers = numbers_in(probe_sheet(in.fd(), file.string(), options_.source), file);
        const std::lock_guard lock{mutex_};
        memory_.add(key, numbers.empty() ? "-" : print_numbers(numbers));
        return numbers;
    }

    std::string key_of(const Track& track, const std::string& of) const {
        const auto number = track.number == 0 ? "" : text("track ", track.number, "\n");
        return Memory::key(text(fs::absolute(track.path).lexically_normal().string(), "\n", of,
                                number, settings()));
    }

    Source source_of(const Track& track) const {
        auto source = options_.source;
        source.cue = track.cue.string();
        source.cue_track = track.number;
        source.spare_cover = track.picture;
        return source;
    }

    /// Whether a failure is the file's: bad data, or it cannot be read. Others, as of a full disk
    /// for temporary files, concern all files.
    static bool is_of(const Track& track, const Error& failure) {
        if (failure.exit() != EX_IOERR && failure.exit() != EX_NOINPUT &&
            failure.exit() != EX_CANTCREAT)
            return true;
        const std::string_view what = failure.what();
        const auto named = [&](const fs::path& path) {
            return !path.empty() && what.find("'" + path.string() + "'") != what.npos;
        };
        return named(track.path) || named(track.cue) || named(track.picture);
    }

    /// What is the same for files with one gain.
    std::string album_of(Track& track) const {
        if (options_.gain == Gain::album) return {};
        const auto alone = track.path.string();
        if (options_.gain == Gain::track || !track.why.empty()) return alone;
        try {
            const auto in = open_input(track.path);
            const auto tags = song::tags_of_comments(probe(in.fd(), alone, source_of(track)));
            const auto album = song::first_tag(tags, "ALBUM");
            // no path is empty or begins with a line feed
            if (!album.empty()) return "\n" + album + "\n" + song::first_tag(tags, "ALBUMARTIST");
        } catch (const Error& e) {
            if (!is_of(track, e)) throw;
            track.why = e.what();
        }
        return alone;
    }

    void begin(const std::shared_ptr<Group>& group) {
        std::string state = state_of(group->tracks.front().picture);
        for (const auto& track : group->tracks) state += state_of(track.path) + state_of(track.cue);
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < group->tracks.size(); ++i) {
            auto& track = group->tracks[i];
            track.key = key_of(track, "album\n" + state);
            if (track.why.empty()) track.before = known(track.key);
            if (track.before.empty()) missing.push_back(i);
        }
        const bool together = group->tracks.size() > 1 && options_.gain != Gain::track;
        std::vector<Job> jobs;
        for (auto& unit : units_of(*group, missing))
            jobs.emplace_back([this, group, unit = std::move(unit), together] {
                together ? measure(group, unit) : encode(group, unit);
            });
        group->waiting = jobs.size();
        for (auto& track : group->tracks)
            if (!track.before.empty()) done(track, track.before, {}, true);
        next(std::move(jobs));
    }

    static std::vector<Unit> units_of(const Group& group, const std::vector<std::size_t>& tracks) {
        std::vector<Unit> units;
        for (const auto i : tracks)
            if (!units.empty() && group.tracks[units.back().back()].path == group.tracks[i].path)
                units.back().push_back(i);
            else
                units.push_back({i});
        return units;
    }

    /// Read the tracks of a file. Those that cannot be read say why.
    void read(Group& group, const Unit& unit, bool keep_pcm,
              const std::function<void(Track&, Recording)>& take) {
        auto at = unit.begin();
        bool taking = false;  // an Error is not the file's
        const auto next = [&](Recording recording) {
            taking = true;
            take(group.tracks[*at++], std::move(recording));
            taking = false;
        };
        const auto& first = group.tracks[unit.front()];
        try {
            const auto in = open_input(first.path);
            const auto source = source_of(first);
            if (first.number == 0)
                return next(record(in.fd(), first.path.string(), source, keep_pcm, nothing));
            std::vector<int> numbers;
            for (const auto i : unit) numbers.push_back(group.tracks[i].number);
            record_tracks(in.fd(), first.path.string(), source, numbers, keep_pcm,
                          [&](int, Recording recording) { next(std::move(recording)); });
        } catch (const Error& e) {
            if (taking || !is_of(first, e)) throw;
            for (; at != unit.end(); ++at) group.tracks[*at].why = e.what();
        }
    }

    void measure(const std::shared_ptr<Group>& group, const Unit& unit) {
        if (group->tracks[unit.front()].why.empty())
            read(*group, unit, false, [](Track& track, Recording recording) {
                track.meter = std::move(recording.meter);
            });
        {
            const std::lock_guard lock{mutex_};
            if (--group->waiting > 0) return;
        }
        measured(group);
    }

    /// First what is to be published; if that is anything, then the rest of its album.
    void measured(const std::shared_ptr<Group>& group) {
        auto& tracks = group->tracks;
        std::vector<std::size_t> missing, others;
        for (std::size_t i = 0; i < tracks.size(); ++i)
            (tracks[i].before.empty() ? missing : others).push_back(i);
        std::vector<Job> jobs;
        const bool any = std::ranges::any_of(tracks, [](const auto& t) { return !!t.meter; });
        if (any && !group->whole) {
            group->whole = true;
            for (auto& unit : units_of(*group, others))
                jobs.emplace_back([this, group, unit = std::move(unit)] { measure(group, unit); });
            group->waiting = jobs.size();
            if (!jobs.empty()) return next(std::move(jobs));
        }
        choose_gain(*group);
        for (auto& unit : units_of(*group, missing))
            jobs.emplace_back([this, group, unit = std::move(unit)] { encode(group, unit); });
        next(std::move(jobs));
    }

    void choose_gain(Group& group) const {
        std::vector<const audio::Meter*> meters;
        std::optional<double> peak;
        for (const auto& track : group.tracks) {
            if (!track.meter) continue;
            meters.push_back(&*track.meter);
            const auto its = track.meter->true_peak();
            if (its && (!peak || *its > *peak)) peak = its;
        }
        if (!meters.empty())
            group.gain = audio::choose_gain(audio::Meter::lufs_of_all(meters), peak, options_.lufs,
                                            options_.true_peak);
        for (auto& track : group.tracks) track.meter.reset();
    }

    void encode(const std::shared_ptr<Group>& group, const Unit& unit) {
        Unit good;
        for (const auto i : unit)
            if (group->tracks[i].why.empty()) good.push_back(i);
        if (!good.empty())
            read(*group, good, true, [&](Track& track, Recording recording) {
                hand_over(group, track, std::move(recording));
            });
        for (const auto i : unit)
            if (const auto& track = group->tracks[i]; !track.why.empty())
                done(track, {}, track.why);
    }

    /// Another track of the file is read while this one is encoded, unless many wait.
    void hand_over(const std::shared_ptr<Group>& group, const Track& track, Recording recording) {
        bool here = track.number == 0;
        if (!here) {
            const std::lock_guard lock{mutex_};
            here = handed_over_ >= 2 * options_.jobs;
            if (!here) ++handed_over_;
        }
        if (here) return encode_one(*group, track, recording);
        const auto kept = std::make_shared<Recording>(std::move(recording));
        next({[this, group, &track, kept] {
            encode_one(*group, track, *kept);
            const std::lock_guard lock{mutex_};
            --handed_over_;
        }});
    }

    void encode_one(const Group& group, const Track& track, const Recording& recording) {
        std::string id, why;
        try {
            id = publish(recording, group.gain, track);
        } catch (const Error& e) {
            if (e.exit() != EX_DATAERR) throw;  // the store cannot be written
            why = e.what();
        }
        done(track, id, why, false, recording.damage);
    }

    std::string publish(const Recording& recording, const std::optional<audio::Gain>& album,
                        const Track& track) {
        const auto encoding = plan(recording, album);
        const auto incoming = store_.incoming();
        Conduit conduit;
        auto cutting = std::async(std::launch::async, [&] {
            try {
                Cutter cutter{options_.chunk_seconds};
                cutter.add_input(ogg::PageReader{[&](std::span<std::uint8_t> into) {
                                     return conduit.read(into);
                                 }},
                                 recording.subject);
                return cutter.run([&](const std::string& name, BytesView bytes) {
                    if (name == song::manifest_file) return;  // admit() writes it
                    incoming->add(name, {bytes.begin(), bytes.end()});
                });
            } catch (...) {
                conduit.abandon();
                throw;
            }
        });
        try {
            publish::encode(
                recording, encoding, [&](BytesView bytes) { conduit.write(bytes); }, nothing);
        } catch (...) {
            conduit.end();
            cutting.get();  // if cutting failed, that is the reason
            throw;
        }
        conduit.end();
        const auto manifest = cutting.get();
        incoming->sync();
        // a file whose tags have changed replaces its own and nobody else's
        const auto tags_key = key_of(track, "tags\n" + manifest.id);
        std::string earlier;
        {
            const std::lock_guard lock{mutex_};
            earlier = memory_.find(tags_key);
        }
        const auto place = admit(store_, *incoming, manifest, {{}, false, earlier});
        const std::lock_guard lock{mutex_};
        memory_.add(tags_key, place);
        return manifest.id;
    }

    Encoding plan(const Recording& recording, const std::optional<audio::Gain>& album) const {
        const auto lufs = recording.meter.lufs(), peak = recording.meter.true_peak();
        const auto gain =
            album ? *album : audio::choose_gain(lufs, peak, options_.lufs, options_.true_peak);
        const auto after = [&](std::optional<double> before) {
            return before ? std::optional{*before + gain.db} : before;
        };
        // with fewer files than cores, the renditions of a file share these
        const auto files =
            std::min<std::size_t>(options_.jobs, std::max<std::size_t>(1, all_.load()));
        return {
            options_.kbps,
            gain.db,
            {lufs, peak, gain.db, after(lufs), after(peak), gain.limited ? "true_peak" : "none"},
            std::max(1U, options_.jobs / static_cast<unsigned>(files))};
    }

    static void nothing(double, double) {}

    store::Store& store_;
    const LibraryOptions& options_;
    const LibraryReport& report_;
    std::atomic<std::size_t> all_ = 0;  // grows as sheets are found
    std::mutex mutex_;                  // over all below
    std::condition_variable changed_;
    Memory memory_;
    std::deque<Job> jobs_;
    std::size_t running_ = 0, handed_over_ = 0;
    std::vector<Outcome> outcomes_;
    std::exception_ptr failure_;
};

}  // namespace

std::vector<Outcome> publish_library(store::Store& store, const std::vector<fs::path>& files,
                                     const LibraryOptions& options, const LibraryReport& report) {
    return Library{store, options, report}.run(files);
}

}  // namespace stretto::publish
