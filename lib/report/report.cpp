#include "report/report.hpp"

#include "base/text.hpp"
#include "report/partial.hpp"

namespace stretto::report {

Report::Report(Options options, Take take)
    : options_(std::move(options)),
      summary_(options_.since_ms, options_.until_ms, options_.now_ms),
      take_(std::move(take)),
      intake_(names_, options_.salt,
              [this](const std::string& id, const Session& session) { add(id, session); }) {}

void Report::add(const std::string& id, const Session& session) {
    const bool wanted = summary_.wants(session);
    // partial reports carry this in their sessions
    if (!take_ || !wanted) logs_.reported(session_key(id));
    if (!wanted) return;
    if (take_)
        take_(id, session, names_);
    else
        summary_.add(session, names_);
}

void Report::add_partial(Pass& pass, std::string_view line) {
    ++pass.partial;
    auto partial = parse_partial(line, names_);
    if (!partial) {
        ++intake_.counts().torn;
        pass.wrong = partial.error().why;
        return;
    }
    if (partial->counts_only) {
        pass.counted = true;
        intake_.counts().add(partial->counts);
        return;
    }
    if (partial->logged) {
        logs_.resume(pass.log);
        return logs_.add(*partial->logged);
    }
    if (partial->reported) return logs_.reported(*partial->reported);
    const auto key = std::hash<std::string>{}(partial->id);
    if (merged_.has(key)) {
        ++intake_.counts().doubled;
        return;
    }
    merged_.set(key);
    add(partial->id, partial->session);
}

void Report::add_line(Pass& pass, std::string_view line, bool whole) {
    ParsedLine parsed{.text = line, .whole = whole, .kind = {}};
    if (parsed.text.ends_with('\r')) parsed.text.remove_suffix(1);
    add_line(pass, parsed);
}

void Report::add_line(Pass& pass, const ParsedLine& parsed) {
    auto line = parsed.text;
    if (pass.lines == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    ++pass.lines;
    if (parsed.whole && is_partial(line)) return add_partial(pass, line);
    auto& counts = intake_.counts();
    counts.bytes += static_cast<std::int64_t>(line.size()) + 1;
    if (parsed.whole && line.empty()) return;
    ++counts.lines;
    if (!parsed.whole) {
        ++counts.foreign;
        return;
    }
    if (parsed.kind) return add_event(pass, *parsed.kind, parsed.event);
    if (line[0] != '{') return add_other(pass, line);
    add_event(pass, reader_.read(line, event_), event_);
}

void Report::add_event(Pass& pass, events::Line kind, const events::Event& event) {
    switch (kind) {
        case events::Line::event:
            ++pass.ours;
            return intake_.add(event);
        case events::Line::torn:
            ++intake_.counts().torn;
            return;
        case events::Line::foreign:
            ++intake_.counts().foreign;
            return;
    }
}

/// Add a line that is not an event; it may be a line of an access log.
void Report::add_other(Pass& pass, std::string_view line) {
    auto& counts = intake_.counts();
    const auto access = parse_access(line);
    if (!access) {
        ++counts.foreign;
        return;
    }
    ++pass.ours;
    if (access->time_ms < options_.since_ms.value_or(0) ||
        access->time_ms >= options_.until_ms.value_or(events::most_time_ms + 1))
        return;
    ++counts.requests;
    const bool to_server = options_.servers.has(access->address);
    counts.via += !to_server && !access->via.empty();
    logs_.resume(pass.log);
    logs_.add(*access, line, names_.servers(pass.server), pass.server, to_server);
    pass.log = logs_.pass();
}

Report::Pass Report::begin(const std::string& name) {
    ++intake_.counts().files;
    logs_.next_file();
    Pass pass;
    pass.server = server_of_log(name);
    pass.log = logs_.pass();
    return pass;
}

std::string Report::read(const std::string& name) {
    auto pass = begin(name);
    auto broken = each_parsed(
        name, [&](const ParsedLine& line) { add_line(pass, line); }, helping_threads());
    if (pass.partial > 0 && pass.ours == 0) --intake_.counts().files;
    if (!broken.empty()) {
        ++intake_.counts().torn;
        return broken;
    }
    if (!pass.wrong.empty()) return text("a partial report is damaged: ", pass.wrong);
    if (pass.partial > 0 && !pass.counted)
        return "a partial report ends early: its last line, of what was read, is not there";
    if (pass.lines > 0 && pass.ours == 0 && pass.partial == 0)
        return "it has no events and no requests";
    return {};
}

std::vector<Table> Report::tables(const Wishes& wishes) {
    summary_.servers = logs_.sum();
    summary_.settle();
    std::int64_t kept = 0;
    for (const auto& [name, server] : summary_.servers) kept += server.requests;
    summary_.doubled_requests = counts().requests - kept;
    return make_tables(summary_, names_, counts(), wishes);
}

}  // namespace stretto::report
