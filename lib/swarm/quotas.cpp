#include "swarm/quotas.hpp"

#include <algorithm>
#include <bit>

namespace stretto::swarm {
namespace {

std::uint64_t first_bits(const std::uint8_t* bytes, unsigned bits) noexcept {
    std::uint64_t all = 0;
    for (unsigned i = 0; i < bits / 8; ++i) all = all << 8 | bytes[i];
    return all;
}

}  // namespace

Quotas::Quotas(const NestedLimits& limits, std::size_t peers, const Hash& hash)
    : limits_(limits), hash_(hash) {
    // a peer counts in four prefixes, most of which it shares with others
    for (auto& row : rows_) row.resize(std::bit_ceil(std::max<std::size_t>(1024, 2 * peers)));
}

/// @param call  takes the number of the prefix, and its place in each row
template <class Call>
void Quotas::each_prefix(const Ip& ip, Call call) const noexcept {
    constexpr std::array<unsigned, 3> of_v4{32, 24, 16};
    constexpr std::array<unsigned, 4> of_v6{64, 56, 48, 32};
    const bool v4 = ip.is_v4();
    const auto* bytes = ip.bytes.data() + (v4 ? 12 : 0);
    for (unsigned i = 0; i < (v4 ? of_v4.size() : of_v6.size()); ++i) {
        const unsigned bits = v4 ? of_v4[i] : of_v6[i];
        const auto hash = hash_(first_bits(bytes, bits), bits + (v4 ? 128 : 0));
        const auto mask = rows_[0].size() - 1;
        call(i, hash & mask, hash >> 32 & mask);
    }
}

bool Quotas::has_room(const Ip& ip) const noexcept {
    bool room = true;
    each_prefix(ip, [&](unsigned i, std::size_t a, std::size_t b) {
        room = room && std::min(rows_[0][a], rows_[1][b]) < limits_[i];
    });
    return room;
}

void Quotas::add(const Ip& ip) noexcept {
    each_prefix(ip, [&](unsigned, std::size_t a, std::size_t b) { ++rows_[0][a], ++rows_[1][b]; });
}

void Quotas::remove(const Ip& ip) noexcept {
    each_prefix(ip, [&](unsigned, std::size_t a, std::size_t b) { --rows_[0][a], --rows_[1][b]; });
}

}  // namespace stretto::swarm
