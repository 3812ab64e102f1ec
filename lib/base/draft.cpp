#include "base/draft.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/error.hpp"

namespace stretto {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t step = 1 << 20;  // bytes that go to the disk together
constexpr int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

fs::path folder_of(const fs::path& target) {
    return target.has_parent_path() ? target.parent_path() : fs::path{"."};
}

/// Names of drafts that a signal must take away. A handler may touch nothing but such memory.
struct Slot {
    std::atomic<bool> taken = false, ready = false;
    char name[PATH_MAX];
};
std::array<Slot, 16> slots;

extern "C" void take_drafts_away(int signal) {
    for (auto& slot : slots)
        if (slot.ready) ::unlink(slot.name);
    ::raise(signal);  // once more, to its default: SA_RESETHAND
}

/// Where a signal would end us at once; a program that handles it ends through its destructors.
void handle_signals() {
    for (const int signal : ending) {
        struct sigaction now {};
        if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
        struct sigaction ours {};
        ours.sa_handler = take_drafts_away;
        ours.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
        ::sigaction(signal, &ours, nullptr);
    }
}

/// -1: all slots are taken, and a signal leaves this draft.
int remember(const fs::path& name) {
    static std::once_flag once;
    std::call_once(once, handle_signals);
    std::error_code failed;
    const auto whole = fs::absolute(name, failed).string();
    if (failed || whole.size() >= PATH_MAX) return -1;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].taken.exchange(true)) continue;
        std::memcpy(slots[i].name, whole.c_str(), whole.size() + 1);
        slots[i].ready = true;
        return static_cast<int>(i);
    }
    return -1;
}

void forget(int slot) {
    if (slot < 0) return;
    slots[static_cast<std::size_t>(slot)].ready = false;
    slots[static_cast<std::size_t>(slot)].taken = false;
}

/// While it lives, no signal ends this thread between two steps that belong together.
class SignalsHeld {
   public:
    SignalsHeld() {
        sigset_t held;
        ::sigemptyset(&held);
        for (const int signal : ending) ::sigaddset(&held, signal);
        ::pthread_sigmask(SIG_BLOCK, &held, &before_);
    }
    ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;

   private:
    sigset_t before_;
};

std::string link_to(int fd) { return text("/proc/self/fd/", fd); }

/// Where the links at the end of a path lead, which may not be there yet; or a descriptor of ours.
/// Opened by its name, such a file would be written from its begin again, and what is in it already
/// be lost.
struct Place {
    fs::path path;
    std::optional<int> descriptor;
};

Place followed(const fs::path& path) {
    const auto ours = text("/proc/", ::getpid(), "/fd");
    fs::path at = path;
    for (int links = 0; links < 40; ++links) {
        std::error_code none;
        if (!fs::is_symlink(at, none)) return {at, {}};
        if (fs::canonical(folder_of(at), none) == ours)
            return {at, std::atoi(at.filename().c_str())};
        at = folder_of(at) / fs::read_symlink(at, none);
    }
    errno = ELOOP;
    throw output_error(path.string());
}

}  // namespace

fs::path Draft::folder_for(const fs::path& target) {
    const auto place = followed(target);
    struct stat there;
    const bool in_place =
        place.descriptor || (::stat(place.path.c_str(), &there) == 0 && !S_ISREG(there.st_mode));
    return in_place ? fs::path{} : folder_of(place.path);
}

Draft::Draft(const fs::path& target, unsigned mode) : target_(target) { open(mode); }

Draft::Draft(fs::path target, const fs::path& folder, unsigned mode)
    : target_(std::move(target)), folder_(folder) {
    open(mode);
}

void Draft::open(unsigned mode) {
    const auto place = followed(target_);
    if (place.descriptor) {
        into_ = true;
        file_ = File{::fcntl(*place.descriptor, F_DUPFD_CLOEXEC, 3)};
        if (!file_) throw output_error(target_.string());
        return;
    }
    target_ = place.path;
    if (folder_.empty()) folder_ = folder_of(target_);
    struct stat there;
    if (::stat(target_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
        into_ = true;
        file_ = File{::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
        if (!file_) throw output_error(target_.string());
        return;
    }
    file_ = File{::open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode)};
    if (file_ && ::access(link_to(file_.fd()).c_str(), F_OK) == 0) return;
    // no O_TMPFILE in this file system (NFS, FAT), or no /proc to name it through
    const SignalsHeld held;
    auto name =
        (folder_ / text(".", target_.filename().string().substr(0, 200), ".XXXXXX")).string();
    file_ = File{::mkostemp(name.data(), O_CLOEXEC)};
    if (!file_) throw output_error(target_.string());
    named_ = name;
    slot_ = remember(named_);
    const mode_t mask = ::umask(0);  // the only way to read it
    ::umask(mask);
    ::fchmod(file_.fd(), mode & ~mask);  // mkostemp gives 0600
}

Draft::~Draft() {
    if (!named_.empty()) ::unlink(named_.c_str());
    forget(slot_);
}

void Draft::write(BytesView bytes) {
    write_all(file_.fd(), bytes, target_.string());
    waiting_ += bytes.size();
    if (waiting_ < step || into_) return;
    waiting_ = 0;
    // begun while the next bytes are made, so that commit() has little left to wait for
    ::sync_file_range(file_.fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

void Draft::resemble(const struct stat& original) {
    struct stat ours;
    if (::fstat(file_.fd(), &ours) != 0) throw system_error("read", target_.string());
    const bool same = ours.st_uid == original.st_uid && ours.st_gid == original.st_gid;
    if (!same && ::fchown(file_.fd(), original.st_uid, original.st_gid) != 0)
        throw Error{EX_NOPERM, text("cannot rewrite '", target_.string(),
                                    "' with its owner and group: ", std::strerror(errno))};
    // after fchown, which clears some; the umask does not apply
    if (::fchmod(file_.fd(), original.st_mode & 07777) != 0)
        throw system_error("write", target_.string());
}

/// A file without a name cannot replace another: it gets a hidden one first.
void Draft::give_name() {
    static std::atomic<unsigned> count = 0;
    for (int tries = 0; tries < 1000; ++tries) {
        const auto name = folder_ / text(".", target_.filename().string().substr(0, 200), ".",
                                         ::getpid(), "-", ++count);
        if (::linkat(AT_FDCWD, link_to(file_.fd()).c_str(), AT_FDCWD, name.c_str(),
                     AT_SYMLINK_FOLLOW) == 0) {
            named_ = name;
            return;
        }
        if (errno != EEXIST) break;
    }
    throw system_error("write", target_.string());
}

void Draft::commit() {
    if (into_) {  // fsync means nothing to a pipe or a terminal
        if (::fsync(file_.fd()) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
            throw system_error("sync", target_.string());
        return;
    }
    sync(file_.fd(), target_.string());
    const SignalsHeld held;
    if (named_.empty()) give_name();
    if (::rename(named_.c_str(), target_.c_str()) != 0)
        throw system_error("write", target_.string());
    forget(slot_);
    slot_ = -1;
    named_.clear();
    sync_directory(folder_of(target_));
}

}  // namespace stretto
