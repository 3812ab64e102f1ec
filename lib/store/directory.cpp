#include "store/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "base/clock.hpp"
#include "base/draft.hpp"
#include "base/error.hpp"
#include "song/removals.hpp"
#include "store/changes.hpp"
#include "store/tree.hpp"
#include "store/writer.hpp"

namespace stretto::store {
namespace {

namespace fs = std::filesystem;

File open_folder(const fs::path& path) {
    return File{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

/// Create a folder if it does not exist; it survives a power cut.
void make_folder(const fs::path& path) {
    if (::mkdir(path.c_str(), 0777) == 0) {
        sync_directory(path.has_parent_path() ? path.parent_path() : fs::path{"."});
    } else if (errno != EEXIST) {
        throw output_error(path.string());
    } else if (!fs::is_directory(path)) {
        errno = ENOTDIR;
        throw output_error(path.string());
    }
}

/// Lifetime of a line: caches may keep a chunk for a year.
constexpr std::int64_t keep_removals_ms = std::int64_t{400} * 24 * 3600 * 1000;

void sync_file(const fs::path& path) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) throw system_error("sync", path.string());
    sync(file.fd(), path.string());
}

bool same_folder(int fd, const fs::path& path) {
    struct stat ours, theirs;
    return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &theirs) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

std::vector<std::string> visible(const fs::path& folder) {
    std::vector<std::string> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{folder, none}) {
        auto name = entry.path().filename().string();
        if (name[0] != '.') found.push_back(std::move(name));
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace

/// A folder of our own, for as long as we live.
struct Directory::Stage {
    fs::path folder;
    File lock;
    Stage(fs::path at, File held) : folder(std::move(at)), lock(std::move(held)) {}
    Stage(Stage&&) noexcept = default;
    ~Stage() {
        std::error_code ignored;
        if (lock) fs::remove_all(folder, ignored);
    }
    fs::path song() const { return folder / "song"; }
};

class Directory::Coming final : public Incoming {
   public:
    Coming(Directory& directory, Stage stage)
        : directory_(directory), stage_(std::move(stage)), song_(stage_.song()) {
        make_folder(song_);
    }
    ~Coming() override { writer_.reset(); }

    void add(const std::string& path, Bytes bytes) override {
        auto target = place_for(path);
        files_.push_back(target);
        writer_->write(std::move(target), std::move(bytes));
    }

    void sync() override {
        writer_->finish();
        // in parallel, because each waits for the disk: 1,000 files in a third of the time
        constexpr std::size_t most = 8;
        std::vector<std::future<void>> running;
        for (std::size_t first = 0; first < std::min(most, files_.size()); ++first)
            running.push_back(std::async(std::launch::async, [this, first] {
                for (std::size_t i = first; i < files_.size(); i += most) sync_file(files_[i]);
            }));
        for (auto& share : running) share.get();
        sync_folders();
    }

    std::shared_ptr<void> begin(const std::string& id) override {
        id_ = id;
        return directory_.lock_songs();
    }

    void put(const std::string& path, BytesView bytes) override {
        writer_->finish();
        const auto target = place_for(path);
        const File file{::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
        if (!file) throw output_error(target.string());
        write_all(file.fd(), bytes, target.string());
        stretto::sync(file.fd(), target.string());
    }

    bool admit() override {
        sync_folders();
        directory_.take_place(stage_, id_);
        return true;
    }

   private:
    fs::path place_for(const std::string& path) {
        fs::path target = song_ / path;
        const fs::path parent = target.parent_path();
        if (parent != song_ && std::ranges::find(folders_, parent) == folders_.end()) {
            make_folder(parent);
            folders_.push_back(parent);
        }
        return target;
    }
    void sync_folders() const {
        for (const auto& folder : folders_) sync_directory(folder);
        sync_directory(song_);
    }

    Directory& directory_;
    Stage stage_;
    fs::path song_;
    std::string id_;
    std::vector<fs::path> files_, folders_;
    std::unique_ptr<Writer> writer_ = std::make_unique<Writer>();
};

Directory::Directory(fs::path root, Open how) : root_(std::move(root)) {
    if (how == Open::create) {
        make_folder(root_);
        for (const auto* part : {"songs", "names", ".staging"}) make_folder(root_ / part);
        clean(0, [](const std::string&) {});
    } else {
        check_store(root_);
    }
}

void Directory::each_left(const std::function<void(const fs::path&)>& call) const {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{staging(), none}) {
        const File lock = open_folder(entry.path());
        if (lock && ::flock(lock.fd(), LOCK_EX | LOCK_NB) == 0) call(entry.path());
    }
}

/// Who is alive holds a lock, so their age says nothing.
void Directory::clean(std::int64_t, const Told& told) {
    each_left([&](const fs::path& left) {
        std::error_code ignored;
        fs::remove_all(left, ignored);
        if (!ignored) told(".staging/" + left.filename().string());
    });
}

Directory::Stage Directory::stage() const {
    for (;;) {
        auto name = (staging() / "XXXXXX").string();
        if (!::mkdtemp(name.data())) throw output_error(staging().string());
        File lock = open_folder(name);
        // another publisher may remove the folder before we hold the lock
        if (lock && ::flock(lock.fd(), LOCK_EX) == 0 && same_folder(lock.fd(), name))
            return {name, std::move(lock)};
    }
}

std::shared_ptr<void> Directory::lock_songs() const {
    const auto folder = root_ / "songs";
    auto lock = std::make_shared<File>(open_folder(folder));
    if (!*lock || ::flock(lock->fd(), LOCK_EX) != 0) throw system_error("lock", folder.string());
    return lock;
}

std::unique_ptr<Incoming> Directory::incoming() { return std::make_unique<Coming>(*this, stage()); }

/// In one step, whether or not another one is there.
void Directory::take_place(Stage& stage, const std::string& id) {
    const auto place = song(id), from = stage.song();
    const bool added = ::rename(from.c_str(), place.c_str()) == 0;
    if (!added && errno != EEXIST && errno != ENOTEMPTY)
        throw system_error("write", place.string());
    if (!added &&
        ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0)
        throw system_error("replace", place.string());
    sync_directory(root_ / "songs");
    // also after an interrupted removal or publication
    note_removed(id, false);
    note_change(root_, {Change::song, id});
}

std::optional<Bytes> Directory::read(const std::string& path, std::size_t most) const {
    std::error_code none;
    if (!fs::exists(root_ / path, none)) return {};
    return read_file(root_ / path, most);
}

bool Directory::has(const std::string& id) const {
    std::error_code none;
    return fs::exists(song(id), none);
}

std::optional<Bytes> Directory::read_note(const std::string& name, std::size_t most) const {
    return read(name, most);
}

void Directory::append_note(const std::string& name, const std::string& line) {
    const auto path = root_ / name;
    const File file{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)};
    if (!file) throw output_error(path.string());
    write_all(file.fd(), as_bytes(line), path.string());
}

void Directory::set_name(const std::string& name, const std::string& id) {
    const auto turn = lock_songs();
    if (!has(id))
        throw Error{EX_TEMPFAIL, text("'", song(id).string(), "': it was removed meanwhile")};
    if (id_of(name) == id) return;
    const auto mine = stage();
    Draft file{root_ / "names" / name, mine.folder, 0666};
    file.write(as_bytes(id + "\n"));
    file.commit();
    note_change(root_, {Change::name, name});
}

std::optional<std::string> Directory::id_of(const std::string& name) const {
    const File file{::open((root_ / "names" / name).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return {};
    auto bytes = read_rest(file.fd(), 64, name);
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    if (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
}

std::vector<std::string> Directory::tag_sets(const std::string& id) const {
    constexpr std::string_view end = ".json";
    std::vector<std::string> keys;
    for (auto& name : visible(song(id) / "tags"))
        if (name.size() > end.size() && name.ends_with(end))
            keys.push_back(name.substr(0, name.size() - end.size()));
    return keys;
}

std::vector<std::string> Directory::names_of(const std::string& id) const {
    auto all = names();
    std::erase_if(all, [&](const auto& name) { return id_of(name) != id; });
    return all;
}

std::vector<std::string> Directory::ids() const { return visible(root_ / "songs"); }
std::vector<std::string> Directory::names() const { return visible(root_ / "names"); }

/// Rewrite the removal log with or without a line for this song. Expired lines are removed.
void Directory::note_removed(const std::string& id, bool removed) {
    const auto path = root_ / song::removals_path;
    if (!removed && !fs::exists(path)) return;
    const File lock = open_folder(root_);  // excludes other writers
    if (!lock || ::flock(lock.fd(), LOCK_EX) != 0) throw output_error(root_.string());
    std::vector<song::Removal> all;
    if (fs::exists(path))
        all = must(song::parse_removals(as_text(read_file(path, song::most_removals_bytes))),
                   path.string());
    const auto now_ms = utc_ms();
    const auto before = all.size();
    const auto gone = [&](const song::Removal& one) {
        return one.id == id || one.ms < now_ms - keep_removals_ms;
    };
    std::erase_if(all, gone);
    if (removed) all.push_back({now_ms, id});
    if (!removed && all.size() == before) return;
    if (all.size() > song::most_removals) all.erase(all.begin());
    Draft file{path, staging(), 0666};
    file.write(as_bytes(song::print_removals(all)));
    file.commit();
    sync_directory(root_);
}

bool Directory::remove(const std::string& id) {
    // a publisher that comes between would take the line back that says that the song is removed
    const auto turn = lock_songs();
    if (!fs::is_directory(song(id))) return false;
    make_folder(staging());
    note_removed(id, true);
    for (const auto& name : names()) {
        if (id_of(name) != id) continue;
        if (::unlink((root_ / "names" / name).c_str()) != 0) throw system_error("remove", name);
        note_change(root_, {Change::name, name});
    }
    sync_directory(root_ / "names");
    const auto mine = stage();  // removes the song that is moved into it
    const auto away = mine.folder / "removed";
    if (::rename(song(id).c_str(), away.c_str()) != 0)
        throw system_error("remove", song(id).string());
    sync_directory(root_ / "songs");
    note_change(root_, {Change::song, id});
    return true;
}

}  // namespace stretto::store
