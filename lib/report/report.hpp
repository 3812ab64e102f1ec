#pragma once
// From lines to a report: events and partial reports, read in any order.
#include <functional>
#include <string>
#include <vector>

#include "report/tables.hpp"

namespace stretto::report {

struct Range {
    std::optional<std::int64_t> since_ms, until_ms;
};

class Report {
   public:
    /// For partial reports: where sessions go in place of the sums.
    using Take = std::function<void(const std::string& id, const Session&, const Dictionary&)>;
    Report(std::string salt, Range range, Take take = {});

    /// A file, or "-"; see each_line(). @return false: its gzip data are damaged or end early
    bool read(const std::string& name);
    /// No more files.
    void finish() { intake_.finish(); }

    const Counts& counts() noexcept { return intake_.counts(); }
    std::vector<Table> tables(const Wishes& wishes) {
        summary_.servers = logs_.sum();
        return make_tables(summary_, names_, counts(), wishes);
    }
    /// For partial reports: what logs say.
    void each_sent(const std::function<void(const Sent&, const Dictionary&)>& take) {
        logs_.each([&](const Sent& sent) { take(sent, names_); });
    }

   private:
    void add(const std::string& id, const Session& session);
    void add_partial(std::string_view line);
    void add_line(std::string_view line, bool whole);
    void add_other(std::string_view line);

    Range range_;
    Dictionary names_;
    Summary summary_;
    ServerLogs logs_;
    std::string server_;  // of the file that is read, if it is a log
    Take take_;
    Intake intake_;
    events::Reader reader_;
    events::Event event_;
    Remembered merged_;
    bool only_partials_ = false;
};

}  // namespace stretto::report
