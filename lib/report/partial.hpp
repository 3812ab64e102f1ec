#pragma once
// A session as a line of JSON, so that many runs can share the reading and one adds up.
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "report/intake.hpp"
#include "report/servers.hpp"

namespace stretto::report {

/// {"partial": "stretto-partial/2", counts}: the last line; without it the report is not whole.
std::string print_partial(const Counts& counts);
/// {"partial_session": ID, ...}
std::string print_partial(const std::string& id, const Session& session, const Dictionary& names);

/// {"partial_log": SERVER, ...}
std::string print_partial(const Logged& logged, const Dictionary& names);
/// {"partial_reported": SESSION}: its events were read, but are not in here
std::string print_reported(std::uint64_t session);

/// Does a line look like one of these?
inline bool is_partial(std::string_view line) { return line.starts_with("{\"partial"); }

struct Partial {
    bool counts_only = false;
    Counts counts;
    std::optional<Logged> logged;
    std::optional<std::uint64_t> reported;
    std::string id;
    Session session;
};
Result<Partial> parse_partial(std::string_view line, Dictionary& names);

}  // namespace stretto::report
