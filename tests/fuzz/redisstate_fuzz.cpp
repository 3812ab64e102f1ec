// What a tracker reads from Redis: whatever stands there, entries have an address, and the pages of
// a song stay bounded and cover every way.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/bytes.hpp"
#include "redis/entry.hpp"

using namespace stretto;

namespace {

void check_entry(std::string_view field, std::string_view value) {
    const auto entry = redis::parse_entry(field, value);
    if (!entry) return;
    if (entry->at.port == 0 || entry->id.empty() || entry->id.size() > 64) std::abort();
    if (!std::isfinite(entry->health.speed_kbps) || entry->health.success > 1) std::abort();
    const auto again =
        redis::parse_entry(redis::print_field(entry->at, entry->home), redis::print_value(*entry));
    if (!again || again->at != entry->at || again->home != entry->home || again->id != entry->id ||
        again->have != entry->have || again->expires_s != entry->expires_s ||
        again->serial != entry->serial || again->upload_kbps != entry->upload_kbps ||
        !(again->point == entry->point))
        std::abort();
    if (redis::expiry_of(value) != entry->expires_s) std::abort();
}

void check_pages(const redis::Directory& directory, redis::Path path, std::uint32_t since_s) {
    const auto has = [](const std::vector<redis::Node>& nodes, redis::Node node) {
        return std::ranges::find(nodes, node) != nodes.end();
    };
    path &= (1u << 2 * redis::most_level) - 1;
    const auto leaf = directory.leaf(path);
    if (redis::level_of(leaf) > redis::most_level) std::abort();
    const auto pages = directory.pages(path, since_s);
    if (pages.size() > redis::most_level + 1 || !has(pages, leaf)) std::abort();
    const auto all = directory.all(since_s);
    if (all.leaves.size() > 4 * redis::most_changes || !has(all.leaves, leaf)) std::abort();
    for (const auto page : pages)
        if (!has(all.leaves, page) && !has(all.former, page)) std::abort();
}

}  // namespace

/// A number for a way, then fields and values, each behind its length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto left = as_text(BytesView{data, size});
    const auto take = [&](std::size_t n) {
        const auto part = left.substr(0, n);
        left.remove_prefix(part.size());
        return part;
    };
    const auto byte = [&] {
        const auto one = take(1);
        return one.empty() ? 0u : static_cast<unsigned char>(one[0]);
    };
    redis::Path path = 0;
    for (int i = 0; i < 4; ++i) path = path << 8 | byte();
    redis::Directory directory;
    redis::State state;
    while (!left.empty()) {
        const auto field = take(byte()), value = take(byte());
        check_entry(field, value);
        redis::read_field(directory, field, value);
        redis::read_field(state, field, value);
        if (const auto layout = redis::parse_layout(value);
            layout && redis::print_layout(*layout) != value)
            std::abort();
        redis::parse_place(value);
        redis::parse_field_ip(field);
    }
    if (state.songs.size() > redis::most_state_songs) std::abort();
    if (!(state.health.success >= 0 && state.health.success <= 1)) std::abort();
    redis::State again;
    redis::read_field(again, "a", redis::print_state(state));
    if (again.at != state.at || again.stamp != state.stamp || again.reached != state.reached)
        std::abort();
    if (directory.changes.size() > redis::most_changes) std::abort();
    if (directory.elders.size() > redis::most_elders_read) std::abort();
    for (const auto& elder : directory.elders) {
        redis::Directory other;
        redis::read_field(other, redis::print_elder_field(elder.at, elder.home),
                          redis::print_value(elder));
        if (other.elders.size() != 1 || other.elders[0].at != elder.at) std::abort();
    }
    for (const std::uint32_t since_s : {0u, 1'000'000u, UINT32_MAX})
        check_pages(directory, path, since_s);
    return 0;
}
