#pragma once
// The answers to select_sessions(): what the engine made of the events of each session.
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "clickhouse/row_binary.hpp"
#include "report/session.hpp"

namespace stretto::clickhouse {

struct Row {
    std::string id;
    std::int64_t events = 0;  ///< different lines
    report::Session session;
};
/// Take one row. @param salt  see report::listener_key()
Result<Row> read_session(RowReader& from, report::Dictionary& names, std::string_view salt);

}  // namespace stretto::clickhouse
