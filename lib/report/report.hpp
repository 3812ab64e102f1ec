#pragma once
// Reads events, access logs and partial reports, in any order, and makes a report of them.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "report/ahead.hpp"
#include "report/tables.hpp"

namespace stretto::report {

struct Options {
    std::string salt;  ///< see listener_key()
    std::optional<std::int64_t> since_ms, until_ms;
    std::int64_t now_ms = 0;  ///< the clock of this machine; later dates are not believed
    KnownServers servers;
};

class Report {
   public:
    /// For partial reports: gets the sessions, which are then not summed up.
    using Take = std::function<void(const std::string& id, const Session&, const Dictionary&)>;
    explicit Report(Options options, Take take = {});

    /// Read a file, or standard input ("-").
    /// @return  why the file is bad: it is damaged, truncated or of an unknown format; else empty
    std::string read(const std::string& name);

    /// The state of reading one file. Several files may be read alternately.
    struct Pass {
        std::string server;  ///< the name of the server, if the file is an access log
        ServerLogs::Pass log;
        std::int64_t lines = 0, partial = 0, ours = 0;
        bool counted = false;  ///< the last line of a partial report was read
        std::string wrong;
    };
    Pass begin(const std::string& name);
    void add_line(Pass& pass, std::string_view line, bool whole);
    void add_line(Pass& pass, const ParsedLine& line);

    /// Add a session whose events somebody else collected, with names(); none of its lines may be
    /// read too.
    void add_session(const std::string& id, const Session& session) { add(id, session); }
    Dictionary& names() noexcept { return names_; }
    void add_counts(const Counts& counts) { intake_.counts().add(counts); }

    /// Set the time again, for a report that is read for hours.
    void set_now(std::int64_t now_ms) { summary_.set_now(now_ms); }
    /// Call this in a forked child before finish(), if its parent continues to read. See Sorted.
    void branch() { summary_.branch(), logs_.branch(); }
    /// All files were read.
    void finish() { intake_.finish(); }

    const Counts& counts() noexcept { return intake_.counts(); }
    /// Whether an event or a request was read.
    bool any() noexcept { return counts().events > 0 || counts().requests > 0; }
    /// Call this once, after finish().
    std::vector<Table> tables(const Wishes& wishes);
    /// For partial reports: the lines of logs, and the sessions whose events were read.
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
