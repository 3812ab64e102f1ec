#include "store/kept.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/error.hpp"
#include "base/file.hpp"
#include "song/id.hpp"
#include "song/path.hpp"

namespace stretto::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_by_default = 10'000'000'000;
/// An empty file that marks the folder of a song that is complete in a rendition.
constexpr const char* complete_mark = "complete";
/// Bytes that may be added before the folder was scanned; at most a thousandth of the limit.
constexpr std::uint64_t most_unseen = 64 << 10;
constexpr std::int64_t draft_seconds = 3600;  // no program takes longer to write a file

std::int64_t modified(const fs::path& path) {
    struct stat state;
    return ::stat(path.c_str(), &state) == 0 ? state.st_mtim.tv_sec : 0;
}

/// A file that only caches have. Its text is for people.
constexpr const char* mark_file = ".stretto-cache";
constexpr std::string_view mark_text =
    "This folder is a cache of stretto. Its songs are removed when others need the room.\n";
constexpr const char* incoming = ".incoming";

bool there(const fs::path& path) {
    struct stat state;
    return ::lstat(path.c_str(), &state) == 0;
}

/// A publisher has worked here.
bool published(const fs::path& root) { return there(root / ".staging") || there(root / "changes"); }

/// A store may have lost its hidden files, by a copy of what is visible. Names alone are no proof:
/// caches have them too, but beside the folder that only caches have.
void refuse_store(const fs::path& root) {
    if (is_cache(root)) return;
    if (there(root / "songs") && (published(root) || there(root / "names")))
        throw Error{EX_USAGE, text("'", root.string(),
                                   "' is a store, not a cache: its songs would be removed to make "
                                   "room; name another folder")};
}

void write_mark(const fs::path& root) {
    const auto path = root / mark_file;
    const File mark{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (mark)
        write_all(mark.fd(), as_bytes(mark_text), path.string());
    else if (errno != EEXIST)
        throw system_error("make", path.string());
}

}  // namespace

bool is_cache(const fs::path& root) {
    return (there(root / mark_file) || there(root / incoming)) && !published(root);
}

void remove_cache(const fs::path& root) {
    std::error_code failed;
    for (const auto& song : fs::directory_iterator{root / "songs", failed})
        if (song::is_id(song.path().filename().string())) fs::remove_all(song.path(), failed);
    for (const auto& name : fs::directory_iterator{root / "names", failed})
        if (song::is_name(name.path().filename().string())) fs::remove(name.path(), failed);
    fs::remove_all(root / incoming, failed);
    // the mark goes last: until then, another run recognizes what is left
    for (const auto* own : {"songs", "names", ".lock", mark_file, ""})
        fs::remove(*own ? root / own : root, failed);
}

Kept::Kept(fs::path root, std::uint64_t limit, Use use) : root_(std::move(root)), limit_(limit) {
    std::error_code failed;
    if (use == Use::fill) {
        refuse_store(root_);
        for (const auto* part : {"songs", incoming})
            if (fs::create_directories(root_ / part, failed); failed) {
                errno = failed.value();
                throw system_error("make", (root_ / part).string());
            }
        write_mark(root_);
    }
    if (limit_ == 0) {
        const auto space = fs::space(root_, failed);
        limit_ = failed ? most_by_default : std::min(most_by_default, space.available / 10);
    }
}

Kept::Song& Kept::song(const std::string& id) const {
    auto& song = known_[id];
    if (std::exchange(song.seen, true)) return song;
    const auto folder = root_ / "songs" / id;
    std::error_code failed;
    song.used = std::max(song.used, modified(folder));
    for (auto file = fs::recursive_directory_iterator{folder, failed};
         !failed && file != fs::recursive_directory_iterator{}; file.increment(failed))
        if (file->is_regular_file(failed))
            note(song, file->path().lexically_relative(folder).string(), file->file_size(failed));
    return song;
}

void Kept::know_all() const {
    if (!all_known_) scan();
}

void Kept::scan() const {
    const auto now = std::time(nullptr);
    std::error_code failed;
    for (const auto& draft : fs::directory_iterator{root_ / incoming, failed})
        if (now - modified(draft.path()) > draft_seconds) fs::remove(draft.path(), failed);
    bytes_ = 0;
    all_known_ = true;
    auto before = std::move(known_);
    known_.clear();
    for (const auto& folder : fs::directory_iterator{root_ / "songs", failed}) {
        const auto id = folder.path().filename().string();
        if (!song::is_id(id)) continue;  // not of a cache: neither counted nor removed
        if (const auto old = before.find(id); old != before.end()) {
            auto& again = known_[id] = old->second;
            again.chunks.clear();
            again.bytes = 0;
            again.seen = false;
        }
        song(id);
    }
    // songs removed by other programs may still be in use here
    for (auto& [id, song] : before)
        if (song.users > 0 && !known_.contains(id)) known_[id].users = song.users;
}

void Kept::note(Song& song, const std::string& path, std::uint64_t bytes) const {
    song.bytes += bytes;
    bytes_ += bytes;
    if (path == complete_mark) song.complete = true;
    const auto part = song::parse_part(path);
    if (!part || !part->chunk) return;
    const auto k = static_cast<std::size_t>(*part->chunk);
    auto& here = song.chunks[part->kbps];
    if (here.size() <= k) here.resize(k + 1);
    here[k] = true;
}

std::optional<Bytes> Kept::read(const std::string& id, const std::string& path,
                                std::size_t most) const {
    const File file{
        ::open((root_ / "songs" / id / path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return {};
    try {
        return read_rest(file.fd(), most, path);
    } catch (const Error&) {
        return {};
    }
}

std::optional<Bytes> Kept::read(const std::string& id, const std::string& path, std::size_t most,
                                const Digest& digest) {
    auto bytes = read(id, path, most);
    if (!bytes || sha256(*bytes) == digest) return bytes;
    forget(id, path);
    return {};
}

void Kept::forget(const std::string& id, const std::string& path) {
    auto& song = this->song(id);
    std::error_code failed;
    const auto size = fs::file_size(root_ / "songs" / id / path, failed);
    if (!failed) {
        song.bytes -= std::min(song.bytes, size);
        bytes_ -= std::min(bytes_, size);
    }
    fs::remove(root_ / "songs" / id / path, failed);
    const auto part = song::parse_part(path);
    if (!part || !part->chunk) return;
    const auto k = static_cast<std::size_t>(*part->chunk);
    if (auto& here = song.chunks[part->kbps]; k < here.size()) here[k] = false;
    song.complete = false;
    fs::remove(root_ / "songs" / id / complete_mark, failed);
}

void Kept::complete(const std::string& id) {
    if (!song(id).complete) keep(id, complete_mark, {});
}

bool Kept::keep(const std::string& id, const std::string& path, BytesView bytes) {
    if (bytes.size() > limit_) return false;
    unseen_ += bytes.size();
    if (unseen_ > std::min(most_unseen, limit_ / 1000)) know_all();
    song(id);
    if (bytes_ + bytes.size() > limit_) make_room(bytes.size());
    if (bytes_ + bytes.size() > limit_) return false;
    const fs::path target = root_ / "songs" / id / path;
    std::error_code failed;
    const auto before = fs::file_size(target, failed);
    const auto old = failed ? 0 : before;
    auto& song = this->song(id);  // before a file is added
    if (!write(target, bytes)) return false;
    song.bytes -= std::min(song.bytes, old);
    bytes_ -= std::min(bytes_, old);
    note(song, path, bytes.size());
    return true;
}

/// Without fsync, which would delay the start of a song. After a power cut, a file with a wrong
/// hash is fetched again, and an invalid name is looked up again.
bool Kept::write(const fs::path& target, BytesView bytes) {
    const fs::path draft =
        root_ / incoming / (std::to_string(::getpid()) + '-' + std::to_string(drafts_++));
    std::error_code failed;
    fs::create_directories(target.parent_path(), failed);
    const File file{
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
    bool done = file && !failed;
    try {
        if (done) write_all(file.fd(), bytes, draft.string());
    } catch (const Error&) {
        done = false;
    }
    done = done && ::rename(draft.c_str(), target.c_str()) == 0;
    if (!done) fs::remove(draft, failed);
    return done;
}

std::optional<std::string> Kept::named(const std::string& name) const {
    const File file{::open((root_ / "names" / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return {};
    try {
        const auto line = read_rest(file.fd(), 64, name);
        if (!line) return {};
        std::string id{as_text(*line)};
        if (id.ends_with('\n')) id.pop_back();
        return id;
    } catch (const Error&) {
        return {};
    }
}

void Kept::keep_name(const std::string& name, const std::string& id) {
    if (named(name) != id) write(root_ / "names" / name, as_bytes(id + "\n"));
}

const Kept::Chunks& Kept::chunks(const std::string& id) const {
    static const Chunks none;
    // other peers may request ids that do not exist
    std::error_code failed;
    const bool here =
        known_.contains(id) || (!all_known_ && fs::is_directory(root_ / "songs" / id, failed));
    return here ? song(id).chunks : none;
}

std::uint64_t Kept::bytes() const {
    know_all();
    return bytes_;
}

std::vector<std::string> Kept::songs() const {
    know_all();
    std::vector<std::pair<std::int64_t, std::string>> order;
    for (const auto& [id, song] : known_)
        if (!song.chunks.empty()) order.emplace_back(-song.used, id);
    std::ranges::sort(order);
    std::vector<std::string> ids;
    for (auto& [used, id] : order) ids.push_back(std::move(id));
    return ids;
}

void Kept::use(const std::string& id) {
    auto& song = this->song(id);
    ++song.users;
    song.used = std::time(nullptr);
    std::error_code failed;
    fs::create_directories(root_ / "songs" / id, failed);
    ::utimensat(AT_FDCWD, (root_ / "songs" / id).c_str(), nullptr, 0);
}

void Kept::release(const std::string& id) {
    if (auto& song = known_[id]; song.users > 0) --song.users;
}

/// The value of a song falls with the hours since its last use. It is higher for complete songs,
/// and for songs that no other listener has, because peers will request these.
double Kept::worth(const Song& song, std::int64_t now) const {
    const double hours = 1 + static_cast<double>(std::max<std::int64_t>(0, now - song.used)) / 3600;
    return (song.complete ? 4 : 1) * (song.others == 0 ? 2 : 1) / hours;
}

/// Remove the least valuable songs until the bytes fit. Only one program does this at a time.
void Kept::make_room(std::uint64_t bytes) {
    const File lock{
        ::open((root_ / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!lock || ::flock(lock.fd(), LOCK_EX) != 0) return;
    scan();  // changes by other programs
    const auto now = std::time(nullptr);
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [id, song] : known_)
        if (song.users == 0) order.emplace_back(worth(song, now), id);
    std::ranges::sort(order);
    for (const auto& [worth, id] : order) {
        // a tenth more than needed, so that the folder is not scanned for each chunk
        if (bytes_ + bytes <= limit_ - limit_ / 10) return;
        std::error_code failed;
        fs::remove_all(root_ / "songs" / id, failed);
        bytes_ -= std::min(bytes_, known_[id].bytes);
        known_.erase(id);
    }
}

}  // namespace stretto::store
