#pragma once
// Names of databases: clickhouse://host:port,host:port/database
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::clickhouse {

struct Location {
    std::vector<std::string> shards;  ///< "host:port" of each server's HTTP interface
    std::string database;
    bool operator==(const Location&) const = default;
};
constexpr std::size_t most_shards = 64;

/// The port is 8123 if none is given. A user and a password are no part of it: other users of a
/// machine see the arguments of a program.
Result<Location> parse_location(std::string_view text);

/// Sessions are divided into this many parts. A part lies on one shard, part % shards, and tables
/// are sorted by it, so that a report reads some parts at a time.
constexpr std::uint16_t parts = 4096;
std::uint16_t part_of(std::string_view session) noexcept;

}  // namespace stretto::clickhouse
