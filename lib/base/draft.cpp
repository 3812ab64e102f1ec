#include "base/draft.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/error.hpp"

namespace stretto {
namespace {

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

void Draft::commit() {
    sync(file_.fd(), target_.string());
    if (::rename(draft_.c_str(), target_.c_str()) != 0)
        throw system_error("write", target_.string());
    draft_.clear();
    sync_directory(folder_of(target_));
}

}  // namespace stretto
