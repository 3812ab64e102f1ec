#include "store/tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"

namespace stretto::store {
namespace {

FileState state_of(const struct stat& info) {
    return {info.st_ino, static_cast<std::uint64_t>(info.st_size),
            info.st_mtim.tv_sec * std::int64_t{1000000000} + info.st_mtim.tv_nsec};
}

File open_root(const std::filesystem::path& root) {
    return File{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

}  // namespace

void check_store(const std::filesystem::path& root) {
    const File songs{::open((root / "songs").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (songs) return;
    if (errno == ENOENT || errno == ENOTDIR)
        throw Error{EX_NOINPUT, text("no store in '", root.string(), "'")};
    throw system_error("read the store", root.string());
}

Tree::Tree(std::filesystem::path root)
    : root_(std::move(root)), directory_(std::make_shared<const File>(open_root(root_))) {
    if (!*directory_) throw system_error("open", root_.string());
}

std::shared_ptr<const File> Tree::directory() const {
    const std::lock_guard lock{mutex_};
    return directory_;
}

bool Tree::follow() {
    File now = open_root(root_);
    struct stat held, found;
    if (!now || ::fstat(now.fd(), &found) != 0 || ::fstat(directory()->fd(), &held) != 0)
        return false;
    if (held.st_dev == found.st_dev && held.st_ino == found.st_ino) return false;
    const std::lock_guard lock{mutex_};
    directory_ = std::make_shared<const File>(std::move(now));
    return true;
}

std::optional<File> Tree::open(const std::string& path) const {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // a FIFO must not block
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const auto root = directory();
    File file{static_cast<int>(::syscall(SYS_openat2, root->fd(), path.c_str(), &how, sizeof how))};
    if (!file) {
        switch (errno) {
            case ENOENT:
            case ENOTDIR:
            case ELOOP:
            case EXDEV:
            case ENAMETOOLONG:
            case EACCES:
            case ENXIO:  // a socket
                return {};
            default:
                throw system_error("open", (root_ / path).string());
        }
    }
    struct stat info;
    if (::fstat(file.fd(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
    return file;
}

FileState Tree::state(int fd) {
    struct stat info;
    if (::fstat(fd, &info) != 0) throw system_error("look at", "an open file");
    return state_of(info);
}

std::optional<FileState> Tree::state(const std::string& path) const {
    struct stat info;
    if (::fstatat(directory()->fd(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
        return {};
    return state_of(info);
}

}  // namespace stretto::store
