#pragma once
// A link as it was recorded: so many kbit/s in each second, and a round trip. When the recording
// ends it begins again.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::sim {

/// A recording: kbit/s by second, and what its first comment says.
struct Trace {
    std::vector<double> kbps;
    double rtt_s = 0.05;  ///< "rtt_ms N" of a comment
};
/// Lines of `second kbit/s`, rising from 0 by 1; lines with # are comments.
Result<Trace> parse_trace(std::string_view text);

class Link {
   public:
    /// @param offset_s    second of the recording that is the link's 0
    /// @param multiplier  on every rate
    /// @param least_kbps  after that
    Link(const std::vector<double>& kbps, int offset_s, double multiplier, double rtt_s,
         double least_kbps = 0);

    double rtt() const { return rtt_s_; }
    /// Bytes that it could have carried in [0, t).
    double carried(double t) const;
    /// When it will have carried so many; infinity when it never will.
    double when(double bytes) const;

   private:
    std::vector<double> until_;  ///< bytes carried until second i
    double rtt_s_;
};

}  // namespace stretto::sim
