#pragma once
// How long things took, counted by all threads, as Prometheus keeps it.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stretto::http {

struct Metric;

class Histogram {
   public:
    using Duration = std::chrono::nanoseconds;
    /// Upper ends of the ranges, in seconds: from an answer of the memory to a server that hangs.
    static constexpr std::array bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                       0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

    void note(Duration took) noexcept;
    /// @param name    ends in _seconds
    /// @param labels  "cache=\"hit\"", or empty
    void add_to(std::vector<Metric>& metrics, const std::string& name, const std::string& help,
                const std::string& labels = "") const;

   private:
    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};  // the last: longer
    std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace stretto::http
