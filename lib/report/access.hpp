#pragma once
// Parses a line of stretto-serve's access log.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stretto::report {

/// The texts are views of the line.
struct Access {
    std::int64_t time_ms = 0, bytes = 0;  ///< bytes of the response body
    int status = 0;
    std::string_view cache;    ///< "HIT", "MISS" or "-"
    std::string_view session;  ///< the player's session; empty: unknown
    std::string_view via;      ///< the request's Via, which any client can send
    std::string_view request, referer;
    std::string_view address;  ///< the client's address, perhaps shortened
};

/// Returns nullopt for other lines, including combined-format lines without cache and duration.
std::optional<Access> parse_access(std::string_view line);

/// The name of a log's server: the file's name up to the first dot, "-" for standard input.
std::string server_of_log(const std::string& path);

}  // namespace stretto::report
