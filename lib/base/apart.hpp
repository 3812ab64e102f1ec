#pragma once
// Work in a process of its own, which can lose rights that this one needs for its result.
#include <optional>

namespace stretto {

/// Fork. Call it before there are threads.
/// @return nullopt in the new process, which ends with this one, and must end in its turn;
///         in this one, after the other has ended, its exit status. If a signal ended it, the same
///         one ends this program.
std::optional<int> work_apart();

}  // namespace stretto
