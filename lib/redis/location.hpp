#pragma once
// Names of Redis servers: redis://host:port,host:port
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::redis {

constexpr std::size_t most_seeds = 64;

/// "host:port" of each; the port is 6379 if none is given. The first that answers names all others
/// of its cluster. A user and a password are no part of it: other users of a machine see the
/// arguments of a program.
Result<std::vector<std::string>> parse_location(std::string_view text);

}  // namespace stretto::redis
