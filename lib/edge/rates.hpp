#pragma once
// Measured rates of clients by address. They select the bitrate of requests that name none.
#include <mutex>
#include <string>
#include <unordered_map>

namespace stretto::edge {

/// Shared by all workers; keeps the last few thousand addresses.
class Rates {
   public:
    void note(const std::string& source, double bits_per_second) {
        const std::lock_guard lock{mutex_};
        if (rates_.size() >= 4096 && !rates_.contains(source)) rates_.clear();
        auto& rate = rates_[source];
        rate = rate == 0 ? bits_per_second : 0.5 * rate + 0.5 * bits_per_second;
    }
    /// The rate in bit/s; 0 if unknown.
    double of(const std::string& source) const {
        const std::lock_guard lock{mutex_};
        const auto found = rates_.find(source);
        return found == rates_.end() ? 0 : found->second;
    }

   private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, double> rates_;
};

/// The bitrate by the seed article's rule: 320 above 2 Mbit/s, 160 above 0.5 Mbit/s, otherwise 96;
/// and 45 where 96 would stall. 160 if the rate is unknown (0).
inline int kbps_for(double bits_per_second) {
    if (bits_per_second <= 0) return 160;
    if (bits_per_second <= 0.12e6) return 45;
    return bits_per_second > 2e6 ? 320 : bits_per_second > 0.5e6 ? 160 : 96;
}

}  // namespace stretto::edge
