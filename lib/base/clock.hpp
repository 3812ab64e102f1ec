#pragma once
// The time of day.
#include <cstdint>

namespace stretto {

/// Milliseconds since 1970-01-01 UTC by the machine's clock, which may be set in either direction.
std::int64_t utc_ms();

}  // namespace stretto
