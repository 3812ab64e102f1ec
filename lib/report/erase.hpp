#pragma once
// Erases from files what must not be kept: a listener, or everything before a day.
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace stretto::report {

struct Erasure {
    std::optional<std::string> listener;    ///< an id, or the 16 digits in reports
    std::optional<std::int64_t> before_ms;  ///< by the server's time of a line if it has one
    std::string salt;                       ///< of partial reports, and of those 16 digits
};

struct Erased {
    std::int64_t kept = 0, dropped = 0, changed = 0;  ///< lines
};

/// Rewrites files of events, access logs and partial reports, compressed or not. Call look() for
/// all files first, because logs contain sessions but no listeners; then rewrite() for each.
class Eraser {
   public:
    explicit Eraser(Erasure what) : what_(std::move(what)) {}

    /// Find the listener's sessions. Throws an Error (65) for a damaged file.
    void look(const std::string& name);
    /// Replace the file atomically by what remains of it, with its times, mode and compression. A
    /// file of which nothing remains is removed. Torn lines and invalid events are removed too if
    /// they could be the listener's. In access logs the session and the ids in URLs become "-"; see
    /// strike(). Throws an Error (65 for a damaged file, 75 if another program appends to it) and
    /// then leaves the file unchanged.
    Erased rewrite(const std::string& name);

   private:
    enum class Fate { stays, goes, changed };
    Fate decide(std::string& line, bool whole) const;
    Fate decide_partial(std::string& line) const;
    Fate decide_event(const std::string& line) const;
    Fate decide_access(std::string& line) const;
    bool is_theirs(std::string_view listener) const;
    bool is_id(std::string_view value) const;
    bool names_them(std::string_view line) const;

    Erasure what_;
    std::set<std::string, std::less<>> sessions_;
    /// Ids of listeners given by the digits in reports.
    std::set<std::string, std::less<>> ids_;
    std::set<std::uint64_t> keys_;  // their keys
};

}  // namespace stretto::report
