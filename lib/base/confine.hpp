#pragma once
// Takes rights away from the program itself, so that a hole in it, or in a library that reads
// strangers' files, is of little use: Landlock for files and TCP, seccomp for system calls.
#include <filesystem>
#include <string>
#include <vector>

namespace stretto {

/// What stays allowed. Files that are open already stay usable.
struct Confinement {
    using Paths = std::vector<std::filesystem::path>;
    Paths readable;  ///< files, and folders with all below
    Paths writable;  ///< the same, where all may be changed
};

/// From now on, for this thread and all that it starts, without a way back. There is no network, no
/// program can be run, no process started or traced. Paths that do not exist are left out.
/// @return what the kernel does not offer; empty: all is in force
std::string confine(const Confinement& what);

/// The system calls that stay allowed then.
std::vector<std::string> system_calls();

/// What a server may write. It reads all that its user can read.
struct Writable {
    Confinement::Paths folders;  ///< with all below; made if they are missing
    /// With all in their folders, since logs are rotated there; devices and pipes alone.
    Confinement::Paths files;
};

/// For this thread and all that it starts: no program can be run, no process started, traced or
/// given other rights, and nothing is written, made or removed elsewhere.
/// @return as confine()
std::string confine_server(const Writable& what);

}  // namespace stretto
