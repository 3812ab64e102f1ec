#pragma once
// The reliability of a peer, from clients' reports, and its cost as a choice for a client:
// arithmetic only.
#include <array>
#include <cstdint>

#include "swarm/endpoint.hpp"

namespace stretto::swarm {

/// The reliability of one peer, in 32 bytes.
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
    /// How much all reports of one song together lowered the success rate recently, for the last
    /// two songs.
    struct Harm {
        std::uint8_t song = 0, by = 0;  ///< by / 255
    };
    std::array<Harm, 2> harms{};
    std::uint16_t harms_min = 0;  ///< the minute in which they held these values

    /// Apply the passed time: the success rate recovers, and `handed` decays.
    void age(std::uint32_t now_s) noexcept;
    /// A response named the peer, so its client will probably connect.
    void hand_out() noexcept { handed += 1; }
    /// Add a report. All reports of one song together lower the success rate by at most 0.3, until
    /// it recovers. An attacker with many networks and one song therefore cannot exclude a peer.
    /// @param kbps    rate of a successful transfer; 0: unknown
    /// @param song    any number except 0 that identifies the song
    /// @param weight  weight of the reporter, 0..1
    /// @return        whether the report counted
    bool report(Network from, bool ok, double kbps, std::uint8_t song = 1,
                float weight = 1) noexcept;

    /// Whether the success rate is too low to name the peer.
    bool out() const noexcept { return success < 0.3f; }
    /// Expected rate for one more client, kbit/s.
    float free_kbps(float upload_kbps) const noexcept;
    /// The value for clients, 0..1: depends on the success rate and on the free upload rate.
    float score(float upload_kbps) const noexcept;
};

/// Cost of a peer for a client, in doublings of distance; the lowest cost is the best choice.
///   distance  log2(1 + km / 50): 0 in the same town, 1 at 50 km, 4.4 at 1000, 8 at 13,000; one
///             less in the same network. An unknown distance counts as 5000 km.
///   failures  six times the share of failed transfers: with half of them failed, a peer counts
///             as three doublings further away
///   upload    half a doubling for each halving of the free upload rate below 5 Mbit/s, at most
///             three
///   chance    up to half a doubling, so that equal peers share the load
/// @param km      below 0: unknown
/// @param chance  0..1
float cost(const Health& health, float upload_kbps, float km, bool same_network,
           float chance) noexcept;

}  // namespace stretto::swarm
