#pragma once
// How fast clients took what they were sent, by address: what a bitrate is chosen from when nobody
// names one.
#include <mutex>
#include <string>
#include <unordered_map>

namespace stretto::edge {

/// Shared by all workers; of the last few thousand addresses.
class Rates {
   public:
    void note(const std::string& source, double bits_per_second) {
        const std::lock_guard lock{mutex_};
        if (rates_.size() >= 4096 && !rates_.contains(source)) rates_.clear();
        auto& rate = rates_[source];
        rate = rate == 0 ? bits_per_second : 0.5 * rate + 0.5 * bits_per_second;
    }
    /// bit/s; 0 when nothing is known.
    double of(const std::string& source) const {
        const std::lock_guard lock{mutex_};
        const auto found = rates_.find(source);
        return found == rates_.end() ? 0 : found->second;
    }

   private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, double> rates_;
};

/// The bitrate of the seed article's rule: above 2 Mbit/s 320, above 0.5 Mbit/s 160, else 96; 160
/// when nothing is known (0).
inline int kbps_for(double bits_per_second) {
    if (bits_per_second <= 0) return 160;
    return bits_per_second > 2e6 ? 320 : bits_per_second > 0.5e6 ? 160 : 96;
}

}  // namespace stretto::edge
