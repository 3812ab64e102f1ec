#include "base/appendable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace stretto {
namespace {

bool is_file(int fd) {
    struct stat is;
    return ::fstat(fd, &is) == 0 && S_ISREG(is.st_mode);
}

/// Whether the path leads to the open file.
bool leads_to(const std::filesystem::path& path, int fd) {
    struct stat named, open;
    return ::stat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

}  // namespace

File open_appendable(const std::filesystem::path& path, int flags, int lock) {
    constexpr int most_tries = 100;
    for (int tries = 0; tries < most_tries; ++tries) {
        File file{::open(path.c_str(), flags | O_APPEND | O_CREAT | O_CLOEXEC, 0640)};
        if (!file) throw output_error(path.string());
        if (!is_file(file.fd())) return file;
        if (::flock(file.fd(), lock | LOCK_NB) != 0) {
            // without any locks, as on some network file systems, several may still append
            if (errno != EWOULDBLOCK && lock == LOCK_SH) return file;
            break;
        }
        // between open() and flock() it may have been replaced
        if (leads_to(path, file.fd())) return file;
    }
    throw Error{EX_TEMPFAIL,
                text("'", path.string(), "': another program ",
                     lock == LOCK_SH ? "uses it alone or rewrites it" : "appends to it")};
}

File appendable_output() {
    File file{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    if (!file) throw output_error("standard output");
    // whoever gave it to us may have it locked already
    if (is_file(file.fd())) (void)::flock(file.fd(), LOCK_SH | LOCK_NB);
    return file;
}

}  // namespace stretto
