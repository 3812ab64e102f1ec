#include "events/appended.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/appendable.hpp"
#include "base/error.hpp"
#include "events/reader.hpp"

namespace stretto::events {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

struct stat status_of(const File& file, const std::filesystem::path& path) {
    struct stat info;
    if (::fstat(file.fd(), &info) != 0) throw system_error("read", path.string());
    return info;
}

/// What stands behind the last line feed, at most a line's length of it and one byte more.
struct Tail {
    std::uint64_t at = 0;
    std::string text;
};

Tail tail_of(const File& file, std::uint64_t size) {
    constexpr std::uint64_t step = 65536;
    Tail tail{size, {}};
    Bytes block;
    while (tail.at > 0) {
        const std::uint64_t from = tail.at - std::min(tail.at, step);
        block.resize(tail.at - from);
        if (!try_read_at(file.fd(), block, from)) throw system_error("read", "the events");
        const auto feed = as_text(block).rfind('\n');
        const auto part = as_text(block).substr(feed + 1);  // npos + 1 is all of it
        tail.at -= part.size();
        if (tail.text.size() <= most_line_bytes) tail.text.insert(0, part);
        if (feed != std::string_view::npos) break;
    }
    return tail;
}

bool is_event(std::string line) {
    const auto size = line.size();
    line.append(Reader::padding, ' ');
    Event event;
    return Reader{}.check(std::string_view{line}.substr(0, size), event) == Line::event;
}

/// @return bytes of a line that was not whole
std::uint64_t heal(const File& file, std::uint64_t size, const std::string& subject) {
    const auto tail = tail_of(file, size);
    if (tail.at == size) return 0;
    if (is_event(tail.text))
        write_all(file.fd(), as_bytes("\n"), subject);
    else if (::ftruncate(file.fd(), static_cast<off_t>(tail.at)) != 0)
        throw system_error("cut", subject);
    sync(file.fd(), subject);
    return size - tail.at;
}

/// "2026-11-27T235959.812Z": without colons, which some file systems have not.
std::string stamp(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char day[32], all[48];
    std::strftime(day, sizeof day, "%Y-%m-%dT%H%M%S", &utc);
    std::snprintf(all, sizeof all, "%s.%03dZ", day, static_cast<int>(time_ms % 1000));
    return all;
}

bool write_fully(int fd, std::string_view lines) {
    while (!lines.empty()) {
        const ssize_t n = ::write(fd, lines.data(), lines.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        lines.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

Appended::Appended(std::filesystem::path path, std::uint64_t most_bytes)
    : path_(std::move(path)), most_bytes_(most_bytes) {
    use(open());
}

Appended::Opened Appended::open() const {
    const auto subject = path_.string();
    // two would cut off each other's lines
    Opened opened{open_appendable(path_, O_RDWR | O_NONBLOCK, LOCK_EX)};
    const auto info = status_of(opened.file, path_);
    if (!S_ISREG(info.st_mode))
        throw Error{EX_IOERR, text("cannot append to '", subject, "': it is not a regular file")};
    opened.healed = heal(opened.file, static_cast<std::uint64_t>(info.st_size), subject);
    opened.last_ms = info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000;
    sync_directory(folder_of(path_));
    return opened;
}

void Appended::use(Opened opened) {
    file_ = std::move(opened.file);
    healed_ += opened.healed;
    last_ms_ = opened.last_ms;
    sound_ = -1;
}

void Appended::reopen() {
    if (!is_at_path()) use(open());
}

std::error_code Appended::append(std::string_view lines, std::int64_t now_ms) {
    const auto failed = [] { return std::error_code{errno, std::generic_category()}; };
    struct stat info;
    // asked each time, for logrotate's copytruncate may have been here
    if (!cut_back() || ::fstat(file_.fd(), &info) != 0) return failed();
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > 0 && (size + lines.size() > most_bytes_ || now_ms / day_ms != last_ms_ / day_ms)) {
        put_away(now_ms);
        if (::fstat(file_.fd(), &info) != 0) return failed();
    }
    // after a failed fsync the disk's content is unknown: cut it after the last good commit
    if (!write_fully(file_.fd(), lines) || ::fdatasync(file_.fd()) != 0) {
        const auto why = failed();
        sound_ = info.st_size;
        cut_back();
        return why;
    }
    last_ms_ = now_ms;
    return {};
}

/// @return false, with errno, while a part of an append is still in the file
bool Appended::cut_back() {
    if (sound_ < 0) return true;
    if (::ftruncate(file_.fd(), sound_) != 0) return false;
    sound_ = -1;
    return true;
}

/// Whether the path still leads to the file in use.
bool Appended::is_at_path() const {
    struct stat at, in_use;
    return ::stat(path_.c_str(), &at) == 0 && ::fstat(file_.fd(), &in_use) == 0 &&
           at.st_dev == in_use.st_dev && at.st_ino == in_use.st_ino;
}

/// Where that is not possible, the file that is in use grows on.
void Appended::put_away(std::int64_t now_ms) {
    try {
        for (std::int64_t time = last_ms_; is_at_path(); ++time) {
            auto away = path_.parent_path() / path_.stem();
            away += "-" + stamp(time) + path_.extension().string();
            if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, away.c_str(), RENAME_NOREPLACE) !=
                    0 &&
                errno != EEXIST)
                return;
        }
        use(open());
        last_ms_ = now_ms;
        ++put_away_;
    } catch (const Error&) {
        // no room for another name: the next append tries again
    }
}

}  // namespace stretto::events
