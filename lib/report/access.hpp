#pragma once
// A line of stretto-serve's access log, as a report reads it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stretto::report {

/// Texts lie in the line.
struct Access {
    std::int64_t time_ms = 0, bytes = 0;  ///< bytes of the answer's body
    int status = 0;
    std::string_view cache;    ///< "HIT", "MISS" or "-"
    std::string_view session;  ///< of the player; empty: not known
    std::string_view via;      ///< what the request said of a proxy; anybody may say it
    std::string_view address;  ///< who asked, perhaps shortened
};

/// nullopt: it is no such line, or one of another server in whose format cache and time are
/// missing.
std::optional<Access> parse_access(std::string_view line);

/// What a log's server is called: its file's name up to the first dot, "-" for standard input.
std::string server_of_log(const std::string& path);

}  // namespace stretto::report
