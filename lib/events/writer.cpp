#include "events/writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/appendable.hpp"
#include "base/error.hpp"

namespace stretto::events {
namespace {

constexpr std::size_t most_waiting = 64 << 10;
constexpr std::int64_t most_wait_ms = 1000;

File open_appended(const std::filesystem::path& path) {
    // readable, so that a torn last line can be seen
    return path == "-" ? appendable_output() : open_appendable(path, O_RDWR, LOCK_SH);
}

/// Pipes and devices have no end to look at.
bool ends_torn(int fd) {
    struct stat info;
    std::uint8_t last = '\n';
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return false;
    return try_read_at(fd, {&last, 1}, static_cast<std::uint64_t>(info.st_size - 1)) &&
           last != '\n';
}

}  // namespace

Writer::Writer(const std::filesystem::path& path)
    : path_(path), file_(open_appended(path)), torn_(ends_torn(file_.fd())) {}

Writer::~Writer() {
    try {
        flush();
    } catch (const Error&) {
        // whoever minds has called flush()
    }
}

void Writer::write(std::string_view lines, std::int64_t time_ms) {
    if (waiting_.empty()) since_ms_ = time_ms;
    waiting_ += lines;
    // a clock that was set back must not hold lines for hours
    const bool late = time_ms >= since_ms_ + most_wait_ms || time_ms < since_ms_;
    if (late || waiting_.size() >= most_waiting) flush();
}

/// Somebody renamed or removed the file, as logrotate(8) does: lines go to a new one from now on.
void Writer::follow_name() {
    if (path_ == "-") return;
    struct stat ours {
    }, named{};
    if (::fstat(file_.fd(), &ours) != 0 || !S_ISREG(ours.st_mode)) return;
    const bool there = ::stat(path_.c_str(), &named) == 0;
    if (there && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) return;
    try {
        file_ = open_appended(path_);
    } catch (const Error& why) {
        if (why.exit() != EX_TEMPFAIL) throw;
        return;  // the new one is being rewritten; the old one, which was moved, grows on
    }
    torn_ = ends_torn(file_.fd());
}

void Writer::flush() {
    if (waiting_.empty()) return;
    follow_name();
    if (torn_) waiting_.insert(0, 1, '\n');
    const std::string lines = std::exchange(waiting_, {});
    torn_ = true;  // until it is known to have gone well
    write_all(file_.fd(), as_bytes(lines), path_ == "-" ? "standard output" : path_.string());
    torn_ = false;
}

}  // namespace stretto::events
