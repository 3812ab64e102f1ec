#pragma once
// Statements about the tables of events, and the rows that go with them.
#include <string>

#include "clickhouse/row_binary.hpp"
#include "events/reader.hpp"

namespace stretto::clickhouse {

std::string events_table(const std::string& database);
std::string loads_table(const std::string& database);
std::string shards_table(const std::string& database);

/// Append a row of the table `events`.
/// @param position  lines with smaller positions were read before
void write_event(RowWriter& to, const events::Event& event, std::uint64_t position);
/// "INSERT INTO database.events (...) FORMAT RowBinary"
std::string insert_events(const std::string& database);

/// How far a file was loaded: a row of the table `loads`, on the first shard.
struct Progress {
    std::string file;   ///< SHA-256 of its first line
    std::string chain;  ///< tells files with the same first line apart
    std::string sum;    ///< of the first `read` lines
    std::uint64_t read = 0;
    std::uint64_t bytes = 0, lines = 0, torn = 0, foreign = 0, requests = 0;
    std::uint64_t tail = 0;  ///< bytes of a torn last line that is counted, but not among `read`
};
void write_progress(RowWriter& to, const Progress& progress);
std::string insert_progress(const std::string& database);
/// The file's rows, the furthest first.
std::string select_progress(const std::string& database, const std::string& file);
Progress read_progress(RowReader& from);

/// The sums of all files: their number, then bytes, lines, torn, foreign, requests; UInt64 each.
std::string select_sums(const std::string& database);
/// The rows of each part: UInt16, UInt64.
std::string select_parts(const std::string& database);
/// The sessions of some parts, a row each; see sessions.hpp. Rows of a session follow each other,
/// the first line's first.
std::string select_sessions(const std::string& database, std::uint16_t first, std::uint16_t last);

}  // namespace stretto::clickhouse
