#pragma once
// From lines to a report: events, access logs and partial reports, read in any order.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "report/tables.hpp"

namespace stretto::report {

struct Options {
    std::string salt;
    std::optional<std::int64_t> since_ms, until_ms;
    std::int64_t now_ms = 0;  ///< the clock of who asks
    KnownServers servers;
};

class Report {
   public:
    /// For partial reports: where sessions go in place of the sums.
    using Take = std::function<void(const std::string& id, const Session&, const Dictionary&)>;
    explicit Report(Options options, Take take = {});

    /// A file, or "-"; see each_line().
    /// @return  what is wrong with it: it is damaged, ends early, or has nothing that belongs into
    /// a
    ///          report; empty: nothing is
    std::string read(const std::string& name);
    /// One line of a file that grows.
    void add_line(std::string_view line, bool whole);
    /// No more files.
    void finish() { intake_.finish(); }

    const Counts& counts() noexcept { return intake_.counts(); }
    /// Was anything read that belongs into a report?
    bool any() noexcept { return counts().events > 0 || counts().requests > 0; }
    /// Once, after finish().
    std::vector<Table> tables(const Wishes& wishes);
    /// For partial reports: what logs say.
    void each_logged(const std::function<void(const Logged&, const Dictionary&)>& take) {
        logs_.each_line([&](const Logged& logged) { take(logged, names_); });
    }
    void each_reported(const std::function<void(std::uint64_t)>& take) {
        logs_.each_reported(take);
    }

   private:
    void add(const std::string& id, const Session& session);
    void add_partial(std::string_view line);
    void add_other(std::string_view line);

    Options options_;
    Dictionary names_;
    Summary summary_;
    ServerLogs logs_;
    std::string server_;  // of the file that is read, if it is a log
    Take take_;
    Intake intake_;
    events::Reader reader_;
    events::Event event_;
    Remembered merged_;
    /// Of the file that is read.
    struct {
        std::int64_t lines = 0, partial = 0, ours = 0;
        bool counted = false;  ///< the last line of a partial report was there
        std::string wrong;
    } file_;
};

}  // namespace stretto::report
