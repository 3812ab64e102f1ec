#pragma once
// From lines to a report: events, access logs and partial reports, read in any order.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "report/ahead.hpp"
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
    ///          a report; empty: nothing is
    std::string read(const std::string& name);

    /// One pass over a file that is read; several may be read by turns.
    struct Pass {
        std::string server;  ///< whose log it is, if it is one
        ServerLogs::Pass log;
        std::int64_t lines = 0, partial = 0, ours = 0;
        bool counted = false;  ///< the last line of a partial report was there
        std::string wrong;
    };
    Pass begin(const std::string& name);
    void add_line(Pass& pass, std::string_view line, bool whole);
    void add_line(Pass& pass, const ParsedLine& line);

    /// Of what is read over hours.
    void set_now(std::int64_t now_ms) { summary_.set_now(now_ms); }
    /// In a forked child that is to finish() while its parent reads on.
    void branch() { summary_.branch(), logs_.branch(); }
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
    void add_event(Pass& pass, events::Line kind, const events::Event& event);
    void add_partial(Pass& pass, std::string_view line);
    void add_other(Pass& pass, std::string_view line);

    Options options_;
    Dictionary names_;
    Summary summary_;
    ServerLogs logs_;
    Take take_;
    Intake intake_;
    events::Reader reader_;
    events::Event event_;
    Remembered merged_;
};

}  // namespace stretto::report
