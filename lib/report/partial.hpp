#pragma once
// Partial reports: a line of JSON for each session and each line of a log. Many runs can print
// them, and one run adds them up.
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "report/intake.hpp"
#include "report/servers.hpp"

namespace stretto::report {

/// {"partial": "stretto-partial/3", counts}: the last line. Without it, the partial report is
/// incomplete.
std::string print_partial(const Counts& counts);
/// {"partial_session": ID, ...}
std::string print_partial(const std::string& id, const Session& session, const Dictionary& names);

/// {"partial_log": SERVER, ...}
std::string print_partial(const Logged& logged, const Dictionary& names);
/// {"partial_reported": SESSION}: the events of this session were read, but are not in this partial
/// report.
std::string print_reported(std::uint64_t session);

/// Whether a line begins like one of these.
inline bool is_partial(std::string_view line) { return line.starts_with("{\"partial"); }

/// A parsed line: counts, a line of a log, a reported session, or a session.
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
