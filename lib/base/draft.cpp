#include "base/draft.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/error.hpp"

namespace stretto {
namespace {

constexpr std::size_t step = 1 << 20;  // bytes that go to the disk together

std::filesystem::path folder_of(const std::filesystem::path& target) {
    return target.has_parent_path() ? target.parent_path() : std::filesystem::path{"."};
}

}  // namespace

Draft::Draft(const std::filesystem::path& target, unsigned mode)
    : Draft(target, folder_of(target), mode) {}

Draft::Draft(std::filesystem::path target, const std::filesystem::path& folder, unsigned mode)
    : target_(std::move(target)) {
    auto name = (folder / text(".", target_.filename().string(), ".XXXXXX")).string();
    file_ = File{::mkostemp(name.data(), O_CLOEXEC)};
    if (!file_) throw system_error("write", target_.string());
    draft_ = name;
    const mode_t mask = ::umask(0);  // the only way to read it
    ::umask(mask);
    ::fchmod(file_.fd(), mode & ~mask);  // mkostemp gives 0600
}

Draft::~Draft() {
    if (!draft_.empty()) ::unlink(draft_.c_str());
}

void Draft::write(BytesView bytes) {
    write_all(file_.fd(), bytes, target_.string());
    waiting_ += bytes.size();
    if (waiting_ < step) return;
    waiting_ = 0;
    // begun while the next bytes are made, so that commit() has little left to wait for
    ::sync_file_range(file_.fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

void Draft::commit() {
    sync(file_.fd(), target_.string());
    if (::rename(draft_.c_str(), target_.c_str()) != 0)
        throw system_error("write", target_.string());
    draft_.clear();
    sync_directory(folder_of(target_));
}

}  // namespace stretto
