#include "store/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "base/draft.hpp"
#include "base/error.hpp"
#include "song/removals.hpp"
#include "store/changes.hpp"
#include "store/tree.hpp"

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

Incoming::Incoming(fs::path folder, File lock)
    : folder_(std::move(folder)), song_(folder_ / "song"), lock_(std::move(lock)) {
    make_folder(song_);
}

Incoming::~Incoming() {
    writer_.reset();
    std::error_code ignored;
    if (lock_) fs::remove_all(folder_, ignored);
}

void Incoming::add(const std::string& path, Bytes bytes) {
    fs::path target = song_ / path;
    const fs::path parent = target.parent_path();
    if (parent != song_ && std::ranges::find(folders_, parent) == folders_.end()) {
        make_folder(parent);
        folders_.push_back(parent);
    }
    files_.push_back(target);
    writer_->write(std::move(target), std::move(bytes));
}

void Incoming::put(const std::string& path, BytesView bytes) {
    writer_->finish();
    fs::path target = song_ / path;
    const fs::path parent = target.parent_path();
    if (parent != song_ && std::ranges::find(folders_, parent) == folders_.end()) {
        make_folder(parent);
        folders_.push_back(parent);
    }
    const File file{::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!file) throw output_error(target.string());
    write_all(file.fd(), bytes, target.string());
    stretto::sync(file.fd(), target.string());
}

void Incoming::sync() {
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

void Incoming::sync_folders() {
    for (const auto& folder : folders_) sync_directory(folder);
    sync_directory(song_);
}

Directory::Directory(fs::path root, Open how) : root_(std::move(root)) {
    if (how == Open::create) {
        make_folder(root_);
        for (const auto* part : {"songs", "names", ".staging"}) make_folder(root_ / part);
        clear_staging();
    } else {
        check_store(root_);
    }
}

void Directory::clear_staging() const {
    for (const auto& entry : fs::directory_iterator{staging()}) {
        const File lock = open_folder(entry.path());
        std::error_code ignored;
        if (lock && ::flock(lock.fd(), LOCK_EX | LOCK_NB) == 0)
            fs::remove_all(entry.path(), ignored);
    }
}

Incoming Directory::incoming() {
    for (;;) {
        auto name = (staging() / "XXXXXX").string();
        if (!::mkdtemp(name.data())) throw output_error(staging().string());
        File lock = open_folder(name);
        // another publisher may remove the folder before we hold the lock
        if (lock && ::flock(lock.fd(), LOCK_EX) == 0 && same_folder(lock.fd(), name))
            return {name, std::move(lock)};
    }
}

bool Directory::admit(Incoming& song, const std::string& id) {
    const auto place = this->song(id);
    if (::rename(song.folder().c_str(), place.c_str()) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY) {
            note_removed(id, false);  // after an interrupted removal or publication
            return false;
        }
        throw system_error("write", place.string());
    }
    sync_directory(root_ / "songs");
    note_removed(id, false);
    note_change(root_, {Change::song, id});
    return true;
}

void Directory::replace(Incoming& song, const std::string& id) {
    const auto place = this->song(id);
    if (::renameat2(AT_FDCWD, song.folder().c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0)
        throw system_error("replace", place.string());
    sync_directory(root_ / "songs");
    note_change(root_, {Change::song, id});
}

void Directory::set_name(const std::string& name, const std::string& id) {
    if (id_of(name) == id) return;
    Incoming folder = incoming();
    Draft file{root_ / "names" / name, folder.folder(), 0666};
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

File Directory::lock() const {
    File folder = open_folder(root_ / "songs");
    if (!folder || ::flock(folder.fd(), LOCK_EX) != 0)
        throw system_error("lock", (root_ / "songs").string());
    return folder;
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
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count();
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
    if (!fs::is_directory(song(id))) return false;
    make_folder(staging());
    note_removed(id, true);
    for (const auto& name : names()) {
        if (id_of(name) != id) continue;
        if (::unlink((root_ / "names" / name).c_str()) != 0) throw system_error("remove", name);
        note_change(root_, {Change::name, name});
    }
    sync_directory(root_ / "names");
    Incoming folder = incoming();  // removes the song that is moved into it
    const auto away = folder.folder() / "removed";
    if (::rename(song(id).c_str(), away.c_str()) != 0)
        throw system_error("remove", song(id).string());
    sync_directory(root_ / "songs");
    note_change(root_, {Change::song, id});
    return true;
}

}  // namespace stretto::store
