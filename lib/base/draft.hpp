#pragma once
// A file that appears whole or not at all.
#include <filesystem>

#include "base/bytes.hpp"
#include "base/file.hpp"

namespace stretto {

/// Written beside its target under a hidden name; commit() makes it durable and gives it its name,
/// in one step. Without commit() the target is as it was and the draft is gone. A reader of the
/// target sees old or new, never a mix.
class Draft {
   public:
    /// @param target  the file to be; its folder exists
    /// @param mode    permissions, less the umask
    explicit Draft(const std::filesystem::path& target, unsigned mode = 0666);
    /// The same with the draft in another folder of the same file system.
    Draft(std::filesystem::path target, const std::filesystem::path& folder, unsigned mode);
    Draft(const Draft&) = delete;
    ~Draft();

    void write(BytesView bytes);

    /// fsync, rename, fsync of the folder: after this a power cut loses nothing. Error 74 leaves
    /// the target as it was.
    void commit();

   private:
    std::filesystem::path target_;
    std::filesystem::path draft_;
    File file_;
    std::size_t waiting_ = 0;  // bytes that are not yet on their way to the disk
};

}  // namespace stretto
