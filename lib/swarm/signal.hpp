#pragma once
// The messages that two peers exchange through the tracker before a WebRTC connection: five bounded
// fields instead of SDP. Selects the addresses that the tracker forwards. See stretto-protocol(7).
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "swarm/endpoint.hpp"

namespace stretto::swarm {

constexpr std::size_t most_signal_bytes = 1024;
constexpr std::size_t most_candidates = 8;

/// An address where a peer may be reached over UDP (RFC 8445).
struct Candidate {
    enum class Type { host, srflx } type = Type::host;
    /// Of IPv4 or IPv6, or a name that ends in ".local" (mDNS, which browsers use in place of a
    /// private address).
    std::string address;
    int port = 0;
    std::uint32_t priority = 0;
    bool operator==(const Candidate&) const = default;
};

struct Signal {
    enum class Kind { offer, answer, no } kind = Kind::offer;
    std::string from, to;  ///< peer ids: see is_rtc_id()
    std::string token;     ///< of `from`, for the tracker alone
    std::string session;   ///< chosen by who offers; the answer repeats it
    // the members below are empty for `no`
    std::string ufrag, password;        ///< of ICE
    std::string fingerprint;            ///< SHA-256 of the DTLS certificate, 64 hex digits
    bool active = false;                ///< the sender begins DTLS; else either may (actpass)
    std::vector<Candidate> candidates;  ///< at most most_candidates
    bool operator==(const Signal&) const = default;
};

/// 26 characters of Crockford base32: the first 130 bits of SHA-256 of a DTLS certificate. The
/// handshake proves it.
bool is_rtc_id(std::string_view text) noexcept;
/// @param fingerprint  SHA-256 of a DTLS certificate
std::string rtc_id_of(const std::array<std::uint8_t, 32>& fingerprint);

/// {"from", "token", "to", "kind", "session", "u", "p", "f", "s", "c": [[type, address, port,
/// priority], ...]}
Result<Signal> parse_signal(std::string_view json);
/// Print a signal, without `to` and `token` if these are empty, as for the receiver.
std::string print_signal(const Signal& signal);
/// A list of signals, the response to GET /signals.
Result<std::vector<Signal>> parse_signals(std::string_view json);

/// The candidates that the tracker forwards to the receiver. They reveal no private address to
/// another network, and cannot direct connectivity checks at a third party:
/// - server reflexive (srflx) only with the address that the tracker sees,
/// - host only between two peers with the same public address, and only this address, private and
///   local addresses, and names,
/// - loopback only between two peers on loopback.
void pass_on(std::vector<Candidate>& candidates, const Ip& from, const Ip& to);

}  // namespace stretto::swarm
