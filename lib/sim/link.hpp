#pragma once
// A recorded link: a rate in kbit/s for each second, and a round-trip time. The recording repeats.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::sim {

/// A recording: kbit/s per second, and the round-trip time from its comment.
struct Trace {
    std::vector<double> kbps;
    double rtt_s = 0.05;  ///< from a comment "rtt_ms N"
};
/// Parse lines of `second kbit/s` with ascending seconds from 0. Lines that begin with # are
/// comments.
Result<Trace> parse_trace(std::string_view text);

class Link {
   public:
    /// @param offset_s    the second of the recording at which the link starts
    /// @param multiplier  factor for every rate
    /// @param least_kbps  lower limit of the multiplied rate
    Link(const std::vector<double>& kbps, int offset_s, double multiplier, double rtt_s,
         double least_kbps = 0);

    double rtt() const { return rtt_s_; }
    /// Capacity of [0, t) in bytes.
    double carried(double t) const;
    /// The time at which this many bytes have been carried; infinity if never.
    double when(double bytes) const;

   private:
    std::vector<double> until_;  ///< bytes carried until second i
    double rtt_s_;
};

}  // namespace stretto::sim
