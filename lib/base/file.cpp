#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/error.hpp"

namespace stretto {
namespace {

/// Fill `into` by calls of `read_once(data, size)`, a read(2) or pread(2), again after a signal.
template <class ReadOnce>
std::size_t fill(std::span<std::uint8_t> into, std::string_view subject, ReadOnce read_once) {
    std::size_t have = 0;
    while (have < into.size()) {
        const ssize_t n = read_once(into.data() + have, into.size() - have, have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error("read", subject);
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    return have;
}

}  // namespace

File& File::operator=(File&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

int File::release() noexcept { return std::exchange(fd_, -1); }

File open_input(const std::filesystem::path& path) {
    File file{path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto name = path == "-" ? "standard input" : path.string();
    if (!file) throw system_error("open", name);
    struct stat info;
    if (::fstat(file.fd(), &info) != 0) throw system_error("open", name);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        throw system_error("read", name);
    }
    return file;
}

namespace {

std::mutex spools_mutex;
std::vector<File> spools;
bool spools_prepared = false;

File make_spool() {
    const char* set = std::getenv("TMPDIR");
    const std::filesystem::path folder = set && *set ? set : "/tmp";
    File file{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (!file) {  // a file system without O_TMPFILE, overlayfs among them
        auto name = (folder / "stretto-XXXXXX").string();
        file = File{::mkostemp(name.data(), O_CLOEXEC)};
        if (!file) {
            const auto why = output_error(name);
            throw Error{why.exit(), text(why.what(), set && *set ? " (TMPDIR)" : "")};
        }
        ::unlink(name.c_str());
    }
    return file;
}

}  // namespace

void prepare_spools(std::size_t count) {
    const std::lock_guard lock{spools_mutex};
    spools_prepared = true;
    while (spools.size() < count) spools.push_back(make_spool());
}

File open_spool() {
    {
        const std::lock_guard lock{spools_mutex};
        if (!spools.empty()) {
            File file = std::move(spools.back());
            spools.pop_back();
            return file;
        }
    }
    return make_spool();
}

void return_spool(File file) {
    const std::lock_guard lock{spools_mutex};
    if (!spools_prepared || !file) return;
    if (::ftruncate(file.fd(), 0) == 0 && ::lseek(file.fd(), 0, SEEK_SET) == 0)
        spools.push_back(std::move(file));
}

std::size_t read_some(int fd, std::span<std::uint8_t> into, std::string_view subject) {
    return fill(into, subject,
                [fd](std::uint8_t* to, std::size_t n, std::size_t) { return ::read(fd, to, n); });
}

std::size_t read_at(int fd, std::span<std::uint8_t> into, std::int64_t offset,
                    std::string_view subject) {
    return fill(into, subject, [=](std::uint8_t* to, std::size_t n, std::size_t have) {
        return ::pread(fd, to, n, offset + static_cast<std::int64_t>(have));
    });
}

void write_all(int fd, BytesView bytes, std::string_view subject) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error("write", subject);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

bool try_read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset) noexcept {
    while (!into.empty()) {
        const ssize_t n = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        into = into.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return true;
}

bool try_write_at(int fd, BytesView bytes, std::uint64_t offset) noexcept {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return true;
}

void widen_pipe(int fd) noexcept {
    ::fcntl(fd, F_SETPIPE_SZ, 1 << 20);  // what Linux allows everyone; 64 kB by default
}

std::optional<Bytes> read_rest(int fd, std::size_t limit, std::string_view subject) {
    Bytes bytes;
    struct stat info;
    if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        if (static_cast<std::size_t>(info.st_size) > limit) return {};
        bytes.reserve(static_cast<std::size_t>(info.st_size) + 1);
    }
    for (;;) {
        const std::size_t had = bytes.size();
        if (had > limit) return {};
        bytes.resize(std::min(std::max(had + 65536, bytes.capacity()), limit + 1));
        const std::size_t n = read_some(fd, std::span{bytes}.subspan(had), subject);
        const bool ended = n < bytes.size() - had;
        bytes.resize(had + n);
        if (ended) return bytes;
    }
}

Bytes read_file(const std::filesystem::path& path, std::size_t limit) {
    const File file = open_input(path);
    auto bytes = read_rest(file.fd(), limit, path.string());
    if (!bytes) throw bad_data(path.string(), text("longer than ", limit, " bytes"));
    return std::move(*bytes);
}

void make_folders(const std::filesystem::path& folder) {
    std::error_code failed;
    if (std::filesystem::create_directories(folder, failed); !failed) return;
    errno = failed.value();
    throw output_error(folder.string());
}

void sync(int fd, std::string_view subject) {
    if (::fsync(fd) != 0) throw system_error("sync", subject);
}

void sync_directory(const std::filesystem::path& directory) {
    const File file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!file) throw system_error("open", directory.string());
    sync(file.fd(), directory.string());
}

}  // namespace stretto
