#pragma once
// Taking out of files what must not be kept: a listener, or all that is older than a day.
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace stretto::report {

struct Erasure {
    std::optional<std::string> listener;    ///< an id, or the 16 digits that reports show
    std::optional<std::int64_t> before_ms;  ///< by a server's clock where a line has it
    std::string salt;                       ///< of partial reports, and of those 16 digits
};

struct Erased {
    std::int64_t kept = 0, dropped = 0, changed = 0;  ///< lines
};

/// Files of events, access logs and partial reports, packed as they are. First look() at all files,
/// as a log knows sessions alone, then rewrite() each.
class Eraser {
   public:
    explicit Eraser(Erasure what) : what_(std::move(what)) {}

    /// Which sessions are the listener's. An Error (65) for a damaged file.
    void look(const std::string& name);
    /// Replace the file, in one step, by what stays of it, with its times, mode and packing; a file
    /// of which nothing stays is removed. Lines that are torn or no whole event go too where they
    /// could have been the listener's. In access logs a session becomes "-". An Error: 65 for a
    /// damaged file, 75 when another program appends to it; the file is as it was then.
    Erased rewrite(const std::string& name);

   private:
    enum class Fate { stays, goes, changed };
    Fate decide(std::string& line, bool whole) const;
    Fate decide_partial(std::string& line) const;
    Fate decide_event(const std::string& line) const;
    Fate decide_access(std::string& line) const;
    bool is_theirs(std::string_view listener) const;
    bool names_them(std::string_view line) const;

    Erasure what_;
    std::set<std::string, std::less<>> sessions_;
    /// Ids of listeners that were named by the digits that reports show.
    std::set<std::string, std::less<>> ids_;
    std::set<std::uint64_t> keys_;  // of these
};

}  // namespace stretto::report
