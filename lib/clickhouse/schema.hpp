#pragma once
// The tables in a database of events.
#include "clickhouse/engine.hpp"

namespace stretto::clickhouse {

/// Create the database and its tables on all shards, or check that they are these shards: an Error
/// (65) if the database was loaded with others, or in another order.
void create_tables(Engine& engine);
/// The check alone. An Error (66) if nothing was loaded.
void check_shards(Engine& engine);

}  // namespace stretto::clickhouse
