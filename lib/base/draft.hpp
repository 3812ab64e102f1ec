#pragma once
// A file that appears whole or not at all.
#include <filesystem>

#include "base/bytes.hpp"
#include "base/file.hpp"

namespace stretto {

/// Written without a name in its target's folder; commit() makes it durable and gives it its name,
/// in one step. Without commit() the target is as it was and nothing is left, also when a signal
/// ends the program. A reader of the target sees old or new, never a mix.
///
/// A link is followed. A target that is there and is no regular file (a device, a FIFO, a
/// descriptor such as /dev/stdout) is written into, as there is nothing to replace.
class Draft {
   public:
    /// @param target  the file to be; its folder exists
    /// @param mode    permissions, less the umask
    /// Throws an Error (73) where it cannot be created.
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
    void open(unsigned mode);
    void give_name();

    std::filesystem::path target_;
    std::filesystem::path folder_;  // of the draft
    File file_;
    std::filesystem::path named_;  // the draft's name, where the file system asks for one
    int slot_ = -1;                // among the names that a signal takes away
    bool into_ = false;            // the target is no regular file
    std::size_t waiting_ = 0;      // bytes that are not yet on their way to the disk
};

}  // namespace stretto
