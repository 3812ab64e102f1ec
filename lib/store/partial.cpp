#include "store/partial.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "store/kept.hpp"

namespace stretto::store {
namespace {

namespace fs = std::filesystem;

constexpr int most_tries = 100;

bool is_same(int fd, const fs::path& path) {
    struct stat ours, theirs;
    return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &theirs) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

Error foreign(const fs::path& folder) {
    return Error{EX_CANTCREAT,
                 text("'", folder.string(), "' was not left by an interrupted fetch")};
}

}  // namespace

Partial::Partial(fs::path folder) : folder_(std::move(folder)) {
    // the program that has it may remove it between two of these steps
    for (int tries = 0; tries < most_tries; ++tries) {
        if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
            throw output_error(folder_.string());
        lock_ = File{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
        if (!lock_) {
            if (errno == ENOENT) continue;
            if (errno == ENOTDIR || errno == ELOOP) throw foreign(folder_);
            throw output_error(folder_.string());
        }
        // a file system without locks has none to wait for
        if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            throw Error{EX_TEMPFAIL, text("another program writes to '", folder_.string(), "'")};
        if (!is_same(lock_.fd(), folder_)) continue;
        std::error_code failed;
        if (!is_cache(folder_) && !fs::is_empty(folder_, failed)) throw foreign(folder_);
        return;
    }
    throw Error{EX_TEMPFAIL, text("other programs remove '", folder_.string(), "'")};
}

void Partial::remove() { remove_cache(folder_); }

}  // namespace stretto::store
