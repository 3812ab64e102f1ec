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
    Paths readable;   ///< files, and folders with all below
    Paths renamable;  ///< folders in which what is open may get a name, and replace what is there
};

/// From now on, for this thread and all that it starts, without a way back. There is no network, no
/// program can be run, no process started or traced. Paths that do not exist are left out.
/// @return what the kernel does not offer; empty: all is in force
std::string confine(const Confinement& what);

/// The system calls that stay allowed then.
std::vector<std::string> system_calls();

/// Of all this only: no program can be run, no process started, traced or given other rights.
/// @return as confine()
std::string forbid_programs();

}  // namespace stretto
