#pragma once
// Opens files that grow, so that no program replaces them meanwhile.
#include <sys/file.h>

#include <filesystem>

#include "base/file.hpp"

namespace stretto {

/// Open a file to append to it, created if missing, and lock it for as long as it is open. A
/// program that replaces files, as stretto-report --forget does, asks for LOCK_EX first: so no line
/// goes to a file that has lost its name. Pipes and devices are not locked.
/// @param flags  of open(2): O_WRONLY or O_RDWR, and more
/// @param lock   LOCK_SH: several programs may append; LOCK_EX: this one alone
/// Throws an Error: 73, or 75 if the lock is another's.
File open_appendable(const std::filesystem::path& path, int flags, int lock);
/// Standard output, to append to it, with the shared lock if it is a file.
File appendable_output();

}  // namespace stretto
