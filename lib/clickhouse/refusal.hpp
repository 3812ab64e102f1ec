#pragma once
// What a server of ClickHouse says when it refuses a statement.
#include <string>
#include <string_view>

namespace stretto::clickhouse {

/// An exception of the server: "Code: 60, e.displayText() = DB::Exception: ...".
struct Refusal {
    int code = 0;         ///< 0: none is told
    std::string message;  ///< printable, at most 200 bytes
};
Refusal parse_refusal(std::string_view body);
/// Whether the same statement may succeed later: too many parts or queries, or no memory for now.
bool is_passing(const Refusal& refusal);
/// There is no such database or table.
bool is_absent(const Refusal& refusal);
/// The user or the password is wrong, or the user may not do this.
bool is_forbidden(const Refusal& refusal);

}  // namespace stretto::clickhouse
