#include "clickhouse/source.hpp"

#include "clickhouse/schema.hpp"
#include "clickhouse/sessions.hpp"
#include "clickhouse/statements.hpp"

namespace stretto::clickhouse {
namespace {

constexpr std::uint64_t rows_at_a_time = 500'000;
constexpr std::size_t most_answer_bytes = 1u << 30;

/// Parts that are asked for together.
struct Span {
    std::uint16_t first = 0, last = 0;
    std::uint64_t rows = 0;
};

std::vector<Span> spans(Engine& engine, std::size_t shard) {
    const auto answer = engine.ask(shard, select_parts(engine.location().database));
    std::vector<Span> found;
    RowReader rows{answer};
    while (!rows.over()) {
        const auto part = rows.number<std::uint16_t>();
        const auto count = rows.number<std::uint64_t>();
        if (found.empty() || found.back().rows + count > rows_at_a_time)
            found.push_back({part, part, 0});
        found.back().last = part;
        found.back().rows += count;
    }
    if (rows.broken()) throw bad_data(engine.where(shard), "an answer ends early");
    return found;
}

void add_span(Engine& engine, std::size_t shard, const Span& span, report::Report& report,
              report::Counts& counts, const std::string& salt) {
    const auto answer =
        engine.ask(shard, select_sessions(engine.location().database, span.first, span.last), {},
                   most_answer_bytes);
    std::string before;
    bool ended = false;
    for (RowReader rows{answer}; !rows.over();) {
        const auto row = must(read_session(rows, report.names(), salt), engine.where(shard));
        // A session has one song and one listener: those of its first line. After its end, the
        // lines of others count as doubled, as those of files do.
        if (row.id == before) {
            if (!ended) counts.foreign += row.events;
            continue;
        }
        before = row.id;
        ended = row.session.end_seq >= 0 && row.events > row.session.end_seq;
        counts.events += row.events;
        report.add_session(row.id, row.session);
    }
}

}  // namespace

void add_sessions(Engine& engine, report::Report& report, const std::string& salt) {
    check_shards(engine);
    report::Counts counts;
    for (std::size_t shard = 0; shard < engine.shards(); ++shard)
        for (const auto& span : spans(engine, shard))
            add_span(engine, shard, span, report, counts, salt);
    const auto answer = engine.ask(0, select_sums(engine.location().database));
    RowReader sums{answer};
    const auto next = [&] { return static_cast<std::int64_t>(sums.number<std::uint64_t>()); };
    counts.files = next();
    counts.bytes = next();
    counts.lines = next();
    counts.torn = next();
    const auto foreign = next(), requests = next();
    if (sums.broken()) throw bad_data(engine.where(0), "an answer ends early");
    const auto lines_of_events = counts.lines - counts.torn - foreign - requests;
    // less than 0: somebody is loading, and has not told yet how far
    counts.doubled = std::max<std::int64_t>(lines_of_events - counts.events - counts.foreign, 0);
    counts.foreign += foreign;
    report.add_counts(counts);
}

}  // namespace stretto::clickhouse
