#include "clickhouse/schema.hpp"

#include "clickhouse/statements.hpp"

namespace stretto::clickhouse {
namespace {

/// Its number and how many there are, as it was created; nullopt: not created yet.
std::optional<std::pair<std::size_t, std::size_t>> shard_of(Engine& engine, std::size_t shard) {
    const auto answer =
        engine.ask_if_there(shard, text("SELECT number, of FROM ", engine.location().database,
                                        ".shards ORDER BY number, of LIMIT 1 FORMAT RowBinary"));
    if (!answer || answer->empty()) return {};
    RowReader row{*answer};
    const std::size_t number = row.number<std::uint16_t>(), of = row.number<std::uint16_t>();
    return std::pair{number, of};
}

void check_shard(Engine& engine, std::size_t shard, std::pair<std::size_t, std::size_t> is) {
    if (is == std::pair{shard, engine.shards()}) return;
    throw bad_data(engine.where(shard),
                   text("it was loaded as shard ", is.first + 1, " of ", is.second, ", not ",
                        shard + 1, " of ", engine.shards()));
}

}  // namespace

void create_tables(Engine& engine) {
    const auto& database = engine.location().database;
    for (std::size_t shard = 0; shard < engine.shards(); ++shard) {
        if (const auto is = shard_of(engine, shard)) {
            check_shard(engine, shard, *is);
            continue;
        }
        engine.ask(shard, text("CREATE DATABASE IF NOT EXISTS ", database));
        for (const auto& statement :
             {events_table(database), loads_table(database), shards_table(database)})
            engine.ask(shard, statement);
        engine.ask(shard, text("INSERT INTO ", database, ".shards VALUES (", shard, ", ",
                               engine.shards(), ")"));
    }
}

void check_shards(Engine& engine) {
    for (std::size_t shard = 0; shard < engine.shards(); ++shard) {
        const auto is = shard_of(engine, shard);
        if (!is)
            throw Error{EX_NOINPUT,
                        text("'", engine.where(shard), "': no events were loaded into it")};
        check_shard(engine, shard, *is);
    }
}

}  // namespace stretto::clickhouse
