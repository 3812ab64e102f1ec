#pragma once
// A file that appears as a whole or not at all.
#include <sys/stat.h>

#include <filesystem>

#include "base/bytes.hpp"
#include "base/file.hpp"

namespace stretto {

/// The draft is a file without a name in its target's folder. commit() makes it durable and names
/// it, in one step. Without commit() the target is unchanged and no file remains, also when a
/// signal ends the program. A reader of the target sees the old or the new file, never a mix.
///
/// Links are followed. If the target exists and is not a regular file (a device, a FIFO, a
/// descriptor such as /dev/stdout), the bytes are written into it.
class Draft {
   public:
    /// @param target  the future file; its folder exists
    /// @param mode    permissions, less the umask
    /// Throws an Error (73) if it cannot be created.
    explicit Draft(const std::filesystem::path& target, unsigned mode = 0666);
    /// The same with the draft in another folder of the same file system.
    Draft(std::filesystem::path target, const std::filesystem::path& folder, unsigned mode);
    Draft(const Draft&) = delete;
    ~Draft();

    /// The folder in which the draft of this target gets its name; empty: the target is written in
    /// place.
    static std::filesystem::path folder_for(const std::filesystem::path& target);

    void write(BytesView bytes);

    /// Give the draft the owner, group and permissions of the file that it replaces. Throws an
    /// Error (77) if this process may not.
    void resemble(const struct stat& original);

    /// fsync, rename, fsync of the folder: after this a power cut loses nothing. Error 74 leaves
    /// the target as it was.
    void commit();

   private:
    void open(unsigned mode);
    void give_name();

    std::filesystem::path target_;
    std::filesystem::path folder_;  // of the draft
    File file_;
    std::filesystem::path named_;  // the draft's name, if the file system requires one
    int slot_ = -1;                // in the list of names that a signal handler removes
    bool into_ = false;            // the target is not a regular file
    std::size_t waiting_ = 0;      // bytes that are not yet on their way to the disk
};

}  // namespace stretto
