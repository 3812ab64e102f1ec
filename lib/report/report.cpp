#include "report/report.hpp"

#include "report/input.hpp"
#include "report/partial.hpp"

namespace stretto::report {

Report::Report(std::string salt, Range range, Take take)
    : range_(range),
      summary_(range.since_ms, range.until_ms),
      take_(std::move(take)),
      intake_(names_, std::move(salt),
              [this](const std::string& id, const Session& session) { add(id, session); }) {}

void Report::add(const std::string& id, const Session& session) {
    const bool wanted = summary_.wants(session);
    // a partial report says so by the session itself
    if (!take_ || !wanted) logs_.reported(session_key(id));
    if (!wanted) return;
    if (take_)
        take_(id, session, names_);
    else
        summary_.add(session, names_);
}

void Report::add_partial(std::string_view line) {
    auto partial = parse_partial(line, names_);
    if (!partial) {
        ++intake_.counts().torn;
        return;
    }
    only_partials_ = true;
    if (partial->counts_only) {
        intake_.counts().add(partial->counts);
        return;
    }
    if (partial->sent) return logs_.add(*partial->sent);
    const auto key = std::hash<std::string>{}(partial->id);
    if (merged_.has(key)) {
        ++intake_.counts().doubled;
        return;
    }
    merged_.add(key);
    add(partial->id, partial->session);
}

void Report::add_line(std::string_view line, bool whole) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (whole && is_partial(line)) return add_partial(line);
    auto& counts = intake_.counts();
    counts.bytes += static_cast<std::int64_t>(line.size()) + 1;
    if (whole && line.empty()) return;
    ++counts.lines;
    if (!whole) {
        ++counts.foreign;
        return;
    }
    if (line[0] != '{') return add_other(line);
    switch (reader_.read(line, event_)) {
        case events::Line::event:
            return intake_.add(event_);
        case events::Line::torn:
            ++counts.torn;
            return;
        case events::Line::foreign:
            ++counts.foreign;
            return;
    }
}

/// A line that is no event, but perhaps of an access log.
void Report::add_other(std::string_view line) {
    auto& counts = intake_.counts();
    const auto access = parse_access(line);
    if (!access) {
        ++counts.foreign;
        return;
    }
    ++counts.requests;
    if (access->time_ms < range_.since_ms.value_or(0) ||
        access->time_ms >= range_.until_ms.value_or(events::most_time_ms + 1))
        return;
    logs_.add(*access, names_.servers(server_));
}

bool Report::read(const std::string& name) {
    only_partials_ = false;
    server_ = server_of_log(name);
    const bool whole =
        each_line(name, [this](std::string_view line, bool whole) { add_line(line, whole); });
    if (!only_partials_) ++intake_.counts().files;
    if (!whole) ++intake_.counts().torn;
    return whole;
}

}  // namespace stretto::report
