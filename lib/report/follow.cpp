#include "report/follow.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/note.hpp"

namespace stretto::report {
namespace {

// a renamed log grows until its server reopens it
constexpr int most_quiet = 60;
constexpr std::ptrdiff_t most_open = 512;  // descriptors; far fewer files are appended to at a time
constexpr std::size_t most_before = 256;   // about a line, and all lines differ

/// Read up to `most` bytes that are available now, without waiting for a pipe.
std::size_t read_now(int fd, bool pipe, char* to, std::size_t most, bool& ended) {
    for (;;) {
        pollfd ready{fd, POLLIN, 0};
        if (pipe && ::poll(&ready, 1, 0) == 0) return 0;
        const ssize_t n = ::read(fd, to, most);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error("read", "a file that is followed");
        ended = n == 0;
        return static_cast<std::size_t>(n);
    }
}

}  // namespace

Follower::Follower(Report& report, std::vector<std::string> names)
    : report_(report), names_(std::move(names)) {
    (void)expand(names_);
    look();
    begun_ = true;
}

void Follower::cannot_read(const std::string& name, const std::string& why) {
    constexpr std::size_t most = 4096;
    if (unread_.size() < most && unread_.insert(name).second) note(why);
}

void Follower::open_or_note(const std::string& name) {
    if (!begun_) return open(name);
    try {
        open(name);
        unread_.erase(name);
    } catch (const Error& why) {
        cannot_read(name, why.what());
    }
}

/// Open new files, and mark those that have disappeared.
void Follower::look() {
    for (auto& tail : tails_) tail.listed = false;
    for (const auto& name : names_) {
        std::vector<std::string> files;
        try {
            files = expand({name}, [this](const std::string& part, const Error& why) {
                if (!begun_) throw why;
                cannot_read(part, why.what());
            });
        } catch (const Error&) {
            if (!begun_) throw;
            continue;  // renamed, and not created again yet
        }
        for (const auto& file : files) open_or_note(file);
    }
}

void Follower::open(const std::string& name) {
    const bool input = name == "-";
    struct stat is {};
    if ((input ? ::fstat(STDIN_FILENO, &is) : ::stat(name.c_str(), &is)) != 0) return;
    const auto changed_ns = is.st_mtim.tv_sec * 1'000'000'000 + is.st_mtim.tv_nsec;
    for (auto& tail : tails_)
        if (tail.inode == is.st_ino && tail.device == is.st_dev &&
            (tail.file || tail.changed_ns == changed_ns)) {
            tail.listed = true;
            return;
        }
    Tail tail;
    tail.file = open_input(name);
    tail.device = is.st_dev;
    tail.inode = is.st_ino;
    Bytes head(6);
    const bool regular = S_ISREG(is.st_mode);
    if (regular && !input) head.resize(read_at(tail.file.fd(), head, 0, name));
    if (regular && !input && is_packed(head)) {
        std::string why;
        try {
            why = report_.read(name);
        } catch (const Error& failed) {  // not again: its lines so far are counted
            why = failed.what();
        }
        if (!why.empty()) note(text("'", name, "': ", why));
        tail.whole = true;
        tail.changed_ns = changed_ns;
        tail.file = {};
    } else {
        if (std::count_if(tails_.begin(), tails_.end(), [](const Tail& t) { return !t.whole; }) >=
            most_open)
            throw Error{EX_USAGE, text("more than ", most_open, " files are too many to follow")};
        tail.pass = report_.begin(name);
        if (regular) tail.offset = ::lseek(tail.file.fd(), 0, SEEK_CUR);  // of standard input
    }
    tails_.push_back(std::move(tail));
}

/// Whether the last bytes that were read are unchanged.
bool Follower::is_same(const Tail& tail) {
    Bytes now(tail.before.size());
    const auto size = static_cast<std::int64_t>(now.size());
    now.resize(read_at(tail.file.fd(), now, tail.offset - size, "a file that is followed"));
    return now == tail.before;
}

/// @param last  no program appends to the file any more
bool Follower::read(Tail& tail, bool last) {
    if (tail.whole) return false;
    const auto take = [&](std::string_view line, bool whole) {
        report_.add_line(tail.pass, line, whole);
    };
    struct stat is {};
    const bool regular = ::fstat(tail.file.fd(), &is) == 0 && S_ISREG(is.st_mode);
    // truncated, as by logrotate's copytruncate; it may have grown beyond its old size since
    if (regular && (is.st_size < tail.offset || !is_same(tail))) {
        ::lseek(tail.file.fd(), 0, SEEK_SET);
        tail.offset = 0;
        tail.before.clear();
        tail.left = {};
    }
    if (regular && is.st_size == tail.offset && !last) return false;
    const auto before = tail.offset;
    bool ended = false;
    each_line(
        [&](char* to, std::size_t most) {
            const auto n = read_now(tail.file.fd(), !regular, to, most, ended);
            tail.offset += static_cast<std::int64_t>(n);
            if (n > 0) tail.before.assign(to + n - std::min(n, most_before), to + n);
            return n;
        },
        tail.left, last, take);
    if (!regular && ended) {
        tail.whole = true;
        each_line([](char*, std::size_t) { return std::size_t{0}; }, tail.left, true, take);
    }
    return tail.offset != before;
}

bool Follower::read_on() {
    const auto known = tails_.size();
    look();
    bool any = tails_.size() != known;
    for (auto& tail : tails_) {
        tail.quiet = tail.listed ? 0 : tail.quiet + 1;
        if (!read(tail, tail.quiet > most_quiet)) continue;
        any = true;
        tail.quiet = 0;
    }
    std::erase_if(tails_, [](const Tail& tail) { return tail.quiet > most_quiet; });
    return any;
}

bool Follower::over() const {
    return std::all_of(names_.begin(), names_.end(),
                       [](const auto& name) { return name == "-"; }) &&
           std::all_of(tails_.begin(), tails_.end(), [](const Tail& tail) { return tail.whole; });
}

std::string in_a_copy(const std::function<std::string()>& make) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe2", "a report");
    File reading{ends[0]}, writing{ends[1]};
    const auto child = ::fork();
    if (child < 0) throw system_error("fork", "a report");
    if (child == 0) {
        int status = 0;
        try {
            write_all(writing.fd(), as_bytes(make()), "a report");
        } catch (const std::exception& failed) {
            note(failed.what());
            status = EX_SOFTWARE;
        }
        ::_exit(status);
    }
    writing = {};
    const auto bytes =
        read_rest(reading.fd(), std::numeric_limits<std::size_t>::max() - 1, "a report");
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (status != 0 || !bytes) throw Error{EX_SOFTWARE, "the report could not be made"};
    return std::string{as_text(*bytes)};
}

}  // namespace stretto::report
