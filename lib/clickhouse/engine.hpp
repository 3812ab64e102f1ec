#pragma once
// Statements to the shards of a database, over HTTP, one after the other.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clickhouse/location.hpp"
#include "clickhouse/refusal.hpp"
#include "http/blocking.hpp"

namespace stretto::clickhouse {

/// A server that is gone, or asks for a pause, is asked again: after a quarter of a second, then
/// twice as long each time up to 4 s, for about a minute. Then an Error: 75 if a later try may
/// help.
class Engine {
   public:
    /// Signs in with CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, if they are set.
    explicit Engine(Location location);

    const Location& location() const noexcept { return location_; }
    std::size_t shards() const noexcept { return shards_.size(); }
    /// "clickhouse://host:port/database", for messages.
    std::string where(std::size_t shard) const;

    /// @param input  what an INSERT inserts
    /// @param most   bytes of the answer; a longer one is an Error (65)
    Bytes ask(std::size_t shard, const std::string& statement, const Bytes& input = {},
              std::size_t most = most_answer_bytes);
    /// nullopt if there is no such database or no such table.
    std::optional<Bytes> ask_if_there(std::size_t shard, const std::string& statement);

   private:
    static constexpr std::size_t most_answer_bytes = 1 << 20;
    struct Asked;
    [[noreturn]] void fail(std::size_t shard, const Asked& asked, std::size_t most) const;
    Asked try_to(std::size_t shard, const std::string& statement, const Bytes& input,
                 std::size_t most);

    Location location_;
    http::Fields fields_;
    std::vector<std::unique_ptr<http::Blocking>> shards_;
};

}  // namespace stretto::clickhouse
