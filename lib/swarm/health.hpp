#pragma once
// The reliability of a peer, from clients' reports, and its cost as a choice for a client:
// arithmetic only.
#include <array>
#include <cstdint>

#include "swarm/endpoint.hpp"

namespace stretto::swarm {

/// 32 bytes; the tracker has one for each peer.
struct Health {
    /// Share of successful transfers; each report moves it a quarter of the way. A new peer ranks
    /// behind peers that have proved themselves.
    float success = 0.8f;
    float speed_kbps = 0;    ///< of its transfers; 0: not known
    float handed = 0;        ///< decaying count of responses that named it
    std::uint32_t at_s = 0;  ///< when `handed` and `success` held these values
    /// The networks of the last reports: a network counts again only after four others.
    std::array<std::uint16_t, 4> reporters{};
    std::uint16_t latest = 0;  ///< index into reporters
    /// How far all who reported of a song together moved it down lately: of the last two songs.
    struct Harm {
        std::uint8_t song = 0, by = 0;  ///< by / 255
    };
    std::array<Harm, 2> harms{};
    std::uint16_t harms_min = 0;  ///< the minute in which they held these values

    /// With time a bad peer gets another chance, and `handed` decays.
    void age(std::uint32_t now_s) noexcept;
    /// A response named the peer; its client will probably connect.
    void hand_out() noexcept { handed += 1; }
    /// All reports of a song together move a peer down by 0.3 at most, until time has healed that:
    /// who comes with many networks for one song can put nobody out.
    /// @param kbps    of the transfer, when it went well; 0: not known
    /// @param song    any number but 0 that stands for it
    /// @param weight  0..1, of the reporter
    /// @return      whether it counted
    bool report(Network from, bool ok, double kbps, std::uint8_t song = 1,
                float weight = 1) noexcept;

    /// Too bad to be named at all.
    bool out() const noexcept { return success < 0.3f; }
    /// Expected rate for one more client.
    float free_kbps(float upload_kbps) const noexcept;
    /// 0..1, for clients: success, and half of it again for upload that is free.
    float score(float upload_kbps) const noexcept;
};

/// Cost of a peer for a client, in doublings of distance; the lowest cost is the best choice.
///   distance  log2(1 + km / 50): 0 in the same town, 1 at 50 km, 4.4 at 1000, 8 at 13,000; one
///   less in the
///             same network. A distance that is not known is 5000 km.
///   failures  six times the share of transfers that go wrong: a peer that fails half of the
///             time is three doublings further away
///   upload    half a doubling for each halving of the free upload below 5 Mbit/s, three at most
///   chance    up to half a doubling, so that equal peers share the load
/// @param km      below 0: unknown
/// @param chance  0..1
float cost(const Health& health, float upload_kbps, float km, bool same_network,
           float chance) noexcept;

}  // namespace stretto::swarm
