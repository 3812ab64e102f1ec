#pragma once
// Temporary files for a program that may not make any later: see prepare_spools() in base/file.
#include "base/file.hpp"

namespace stretto {

/// Give a spool back, empty, for the next open_spool(). If none were prepared, it is closed.
void return_spool(File file);

}  // namespace stretto
