#pragma once
// A database of events as the input of a report.
#include "clickhouse/engine.hpp"
#include "report/report.hpp"

namespace stretto::clickhouse {

/// Add all sessions, which the engine makes of their events, and what is known of the files. Some
/// parts are asked for at a time, so that neither the engine nor this program needs memory for all
/// of them. Throws Errors, among them 66 if nothing was loaded.
/// @param salt  the report's
void add_sessions(Engine& engine, report::Report& report, const std::string& salt);

}  // namespace stretto::clickhouse
