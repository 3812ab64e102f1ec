#include "clickhouse/statements.hpp"

#include "base/text.hpp"
#include "clickhouse/location.hpp"
#include "report/clock.hpp"

namespace stretto::clickhouse {
namespace {

using events::Event;

/// The order of the columns of `events` is that of write_event().
constexpr std::string_view columns =
    "part, session, seq, listener, song, rank, kind, time_ms, place, network, title, artist, why, "
    "source, server, chunk, kbps, bytes, audio_ms, used_ms, ms, first_byte_ms, startup_ms, "
    "heard_ms, buffer_ms, received_ms, sent_ms, address, token";

/// Where listeners' events say "cache", "peer" and "edge".
std::int8_t source_of(const Event& event) {
    if (event.source == "cache") return 1;
    if (event.source == "peer") return 2;
    if (event.source == "edge") return event.hit.value_or(false) ? 3 : 4;
    return 0;
}

}  // namespace

// A line that was loaded twice has the same key. Of such rows, the one that was read first stays:
// its rank is the highest. Listener and song are in the key so that lines with the session of
// somebody else replace nothing.
std::string events_table(const std::string& database) {
    return text("CREATE TABLE IF NOT EXISTS ", database, ".events (",
                "part UInt16, session String, seq Int64, listener String, song String, "
                "rank UInt64, kind Enum8('start' = 0, 'playing' = 1, 'chunk' = 2, 'switch' = 3, "
                "'stall' = 4, 'resume' = 5, 'pause' = 6, 'seek' = 7, 'reject' = 8, 'upload' = 9, "
                "'progress' = 10, 'end' = 11, 'other' = 12), time_ms Int64, place String, "
                "network String, title String, artist String, why String, "
                "source Enum8('' = 0, 'cache' = 1, 'peer' = 2, 'edge hit' = 3, 'edge miss' = 4), "
                "server String, chunk Int64, kbps Int64, bytes Int64, audio_ms Int64, "
                "used_ms Int64, ms Int64, first_byte_ms Int64, startup_ms Int64, heard_ms Int64, "
                "buffer_ms Int64, received_ms Int64, sent_ms Int64, address String, token String",
                ") ENGINE = ReplacingMergeTree(rank) PARTITION BY tuple() ",
                "ORDER BY (part, session, seq, listener, song)");
}

std::string loads_table(const std::string& database) {
    return text("CREATE TABLE IF NOT EXISTS ", database, ".loads (",
                "file String, chain String, sum String, read UInt64, bytes UInt64, lines UInt64, "
                "torn UInt64, foreign UInt64, requests UInt64, tail UInt64",
                ") ENGINE = ReplacingMergeTree(read) PARTITION BY tuple() ORDER BY (file, chain)");
}

std::string shards_table(const std::string& database) {
    return text("CREATE TABLE IF NOT EXISTS ", database,
                ".shards (number UInt16, of UInt16) ENGINE = ReplacingMergeTree() "
                "PARTITION BY tuple() ORDER BY (number, of)");
}

std::string insert_events(const std::string& database) {
    return text("INSERT INTO ", database, ".events (", columns, ") FORMAT RowBinary");
}

void write_event(RowWriter& to, const Event& event, std::uint64_t position) {
    to.number(part_of(event.session));
    to.text(event.session);
    to.number(event.seq);
    to.text(event.listener);
    to.text(event.song);
    to.number(~position);
    to.number(static_cast<std::int8_t>(event.kind));
    to.number(event.time_ms);
    for (const auto& value : {event.place, event.network, event.title, event.artist, event.why})
        to.text(value);
    to.number(source_of(event));
    to.text(event.from);
    for (const auto value : {event.index, event.kbps, event.bytes, event.audio_ms, event.used_ms,
                             event.ms, event.first_byte_ms, event.startup_ms, event.heard_ms,
                             event.buffer_ms, event.received_ms, event.sent_ms})
        to.number(value);
    to.text(event.address);
    to.text(event.token);
}

std::string insert_progress(const std::string& database) {
    return text("INSERT INTO ", database, ".loads FORMAT RowBinary");
}

void write_progress(RowWriter& to, const Progress& p) {
    for (const auto& value : {p.file, p.chain, p.sum}) to.text(value);
    for (const auto value : {p.read, p.bytes, p.lines, p.torn, p.foreign, p.requests, p.tail})
        to.number(value);
}

std::string select_progress(const std::string& database, const std::string& file) {
    return text("SELECT file, chain, sum, read, bytes, lines, torn, foreign, requests, tail FROM ",
                database, ".loads FINAL WHERE file = '", file,
                "' ORDER BY read DESC LIMIT 16 FORMAT RowBinary");
}

Progress read_progress(RowReader& from) {
    Progress p;
    for (auto* to : {&p.file, &p.chain, &p.sum}) *to = from.text();
    for (auto* to : {&p.read, &p.bytes, &p.lines, &p.torn, &p.foreign, &p.requests, &p.tail})
        *to = from.number<std::uint64_t>();
    return p;
}

std::string select_sums(const std::string& database) {
    return text("SELECT count(), sum(bytes), sum(lines), sum(torn), sum(foreign), sum(requests) ",
                "FROM ", database, ".loads FINAL FORMAT RowBinary");
}

std::string select_parts(const std::string& database) {
    return text("SELECT part, count() FROM ", database,
                ".events GROUP BY part ORDER BY part FORMAT RowBinary");
}

std::string select_sessions(const std::string& database, std::uint16_t first, std::uint16_t last) {
    constexpr auto none = report::Clock::none;
    // of the lines with times of a server; a player may upload long after its last song
    const std::string timed = "kind != 'upload'";
    const auto plausible = text("received_ms >= 0 AND sent_ms >= time_ms AND sent_ms - time_ms <= ",
                                report::most_age_ms);
    const auto known = [](const std::string& value, std::int64_t most) {
        return text("least(greatest(", value, ", 0), toInt64(", most, "))");
    };
    const auto inner = text(
        "SELECT session, listener, song, min(bitNot(rank)) AS first, count() AS events, "
        "argMax(place, rank) AS its_place, argMinIf(address, seq, address != '') AS its_address, "
        "argMinIf(title, seq, kind = 'start') AS its_title, "
        "argMinIf(artist, seq, kind = 'start') AS its_artist, "
        "toUInt8(countIf(token != '') > 0) AS its_token, max(heard_ms) AS heard, "
        "min(if(kind = 'playing', time_ms, toInt64(",
        none,
        "))) AS sound, "
        "min(if(kind = 'playing' AND startup_ms >= 0, startup_ms, toInt64(",
        none,
        "))) AS startup, countIf(kind = 'stall') AS stalls, countIf(kind = 'resume') AS resumes, "
        "sumIf(",
        known("ms", 86'400'000),
        ", kind = 'resume') AS stalled, "
        "maxIf(time_ms, kind = 'stall') AS last_stall, countIf(kind = 'switch') AS switches, "
        "sumIf(",
        known("bytes", std::int64_t{1} << 36),
        ", kind = 'upload') AS uploaded, "
        "max(if(kind = 'end', seq, toInt64(-1))) AS end_seq, "
        "argMaxIf(why, seq, kind = 'end') AS ending, "
        "argMaxIf(audio_ms, seq, kind = 'end') AS song_length, "
        "min(if(",
        timed, " AND ", plausible, ", received_ms - (sent_ms - time_ms), toInt64(", none,
        "))) AS begun, max(if(", timed,
        ", received_ms, toInt64(-1))) AS received, "
        "arraySort(groupArrayIf((time_ms, if(",
        plausible, ", received_ms - sent_ms, toInt64(", none,
        ")), if(received_ms >= 0, received_ms - time_ms, toInt64(", none, "))), ", timed,
        ")) AS lines, "
        "groupArrayIf((bitNot(rank), time_ms, source, server, kbps, bytes, audio_ms, used_ms, "
        "first_byte_ms), kind = 'chunk' AND source != '') AS chunks, "
        "groupArrayIf((bitNot(rank), server), kind = 'reject') AS rejects "
        "FROM ",
        database, ".events FINAL WHERE part >= ", first, " AND part <= ", last,
        " GROUP BY session, listener, song");
    // A stretch of lines ends where the next line comes more than ten minutes later. Each query has
    // the columns of the one inside it, and more.
    const auto columns = text(
        "SELECT *, arrayMap(line -> line.1, lines) AS times, "
        "arrayMap(line -> line.2, lines) AS offsets, arrayMap(line -> line.3, lines) AS behinds "
        "FROM (",
        inner, ")");
    const auto starts =
        text("SELECT *, arrayFilter((i, gap) -> i = 1 OR gap > ", report::silence_ms,
             ", arrayEnumerate(times), arrayDifference(times)) AS starts FROM (", columns, ")");
    const auto split = text(
        "SELECT *, arrayPushBack(arrayPopFront(starts), toUInt32(length(times) + 1)) AS ends "
        "FROM (",
        starts, ")");
    // as many stretches as a Clock has; and ClickHouse 18 finds no column that only lambdas name
    const std::string first_starts =
        "arraySlice(starts, 1, least(256, length(times) + length(offsets) + length(behinds)))";
    return text(
        "SELECT session, listener, song, its_place, its_address, its_title, its_artist, ending, "
        "its_token, toInt64(events), heard, sound, startup, toInt64(stalls), toInt64(resumes), "
        "stalled, last_stall, toInt64(switches), uploaded, end_seq, song_length, begun, received, "
        "arrayMap((start, end) -> (times[start], times[end - 1], toInt64(end - start), "
        "arrayReduce('min', arraySlice(offsets, start, end - start)), "
        "arrayReduce('min', arraySlice(behinds, start, end - start))), ",
        first_starts, ", arraySlice(ends, 1, 256)), chunks, rejects FROM (", split,
        ") ORDER BY session, first FORMAT RowBinary");
}

}  // namespace stretto::clickhouse
