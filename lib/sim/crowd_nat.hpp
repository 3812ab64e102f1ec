#pragma once
// Network address translation and WebRTC between listeners of a crowd: which pairs connect, how
// long that takes, and its CPU time.
#include <cstdint>

namespace stretto::sim {

/// By what a NAT lets in: all, or what answers a packet that went out to there (hole punching
/// works), or only if it knows the port in advance (symmetric NATs, and firewalls that block UDP).
enum class Nat : std::uint8_t { open, punched, strict };

/// Halkes and Pouwelse, "UDP NAT and Firewall Puncturing in the Wild", NETWORKING 2011
/// (PDS-2010-007): 64 % of the peers of Tribler were behind a NAT or firewall that should allow
/// hole punching, and more than 80 % of the attempts between these succeeded. The abstract does
/// not divide the others; half of them is an assumption.
struct NatShares {
    double open = 0.18, punched = 0.64;  ///< the rest is strict
    double success = 0.8;                ///< of pairs that both punch
};

/// @param draw  in [0, 1)
constexpr Nat nat_of(double draw, const NatShares& shares) {
    return draw < shares.open                    ? Nat::open
           : draw < shares.open + shares.punched ? Nat::punched
                                                 : Nat::strict;
}
/// Without a relay. A listener that all can reach is reached from behind any NAT; a strict NAT uses
/// another port for each destination, which nobody can foresee.
/// @param draw  of the pair, in [0, 1)
constexpr bool connects(Nat a, Nat b, double draw, const NatShares& shares) {
    if (a == Nat::open || b == Nat::open) return true;
    return a == Nat::punched && b == Nat::punched && draw < shares.success;
}

/// The time of a data channel beside signals (a round trip of each end to the tracker): a question
/// to the STUN server and the gathering of addresses took 141 ms in namespaces with two NATs; then
/// ICE 1, DTLS 1.2 2 and SCTP 1 round trips.
constexpr double link_gather_s = 0.141, link_round_trips = 4;
constexpr double link_idle_s = 60;  ///< then it is closed, as in rtc/link.cpp

/// Of both ends: tests/bench/rtc.sh, and 9 ms for a link between two processes.
constexpr double link_cpu_s = 0.009, link_cpu_s_per_byte = (7.9 + 6.7) * 1e-9;

}  // namespace stretto::sim
