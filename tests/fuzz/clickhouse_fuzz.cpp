// Answers of ClickHouse: whatever a server sends, sessions are bounded and can be summed up.
#include <cstdlib>
#include <optional>

#include "clickhouse/location.hpp"
#include "clickhouse/refusal.hpp"
#include "clickhouse/sessions.hpp"
#include "clickhouse/statements.hpp"
#include "report/partial.hpp"

using namespace stretto;

namespace {

void check(const report::Session& s) {
    if (s.got.size() > 256 || s.pieces.size() > 4096 || s.rejects.size() > 256) std::abort();
    if (s.heard() < 0 || s.stalled() < 0 || s.kept_ms() < 0) std::abort();
    for (const auto& piece : s.pieces)
        if (piece.got >= s.got.size() || piece.bytes < 0 || piece.kept_ms < 0) std::abort();
    const auto placed = s.clock.place(0);
    if (placed.first_ms < 0 || placed.last_ms < placed.first_ms) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes{data, size};
    report::Dictionary names;
    for (clickhouse::RowReader rows{bytes}; !rows.over();) {
        const auto row = clickhouse::read_session(rows, names, "");
        if (!row) break;
        check(row->session);
        report::print_partial(row->id, row->session, names);
    }
    for (clickhouse::RowReader rows{bytes}; !rows.over();) {
        const auto progress = clickhouse::read_progress(rows);
        if (progress.file.size() + progress.chain.size() + progress.sum.size() > size) std::abort();
    }
    const auto refusal = clickhouse::parse_refusal(as_text(bytes));
    if (refusal.message.size() > 200) std::abort();
    for (const char c : refusal.message)
        if (static_cast<unsigned char>(c) < ' ') std::abort();
    if (const auto location = clickhouse::parse_location(as_text(bytes))) {
        if (location->shards.empty() || location->shards.size() > clickhouse::most_shards)
            std::abort();
        std::string again = "clickhouse://";
        for (const auto& shard : location->shards)
            again += (again.ends_with('/') ? "" : ",") + shard;
        if (*clickhouse::parse_location(again + "/" + location->database) != *location)
            std::abort();
    }
    return 0;
}
