#pragma once
// Percentiles of any number of integers in little memory.
#include <cstdint>
#include <map>

namespace stretto::report {

/// Counts values per bucket. Values below 256 have a bucket each; above, each doubling has 128
/// buckets, so a percentile is off by at most 0.4 %. The sum of sketches is the sketch of all
/// values.
///
/// The buckets are those of HdrHistogram (Tene), with an error bound like that of DDSketch (Masson
/// et al., VLDB 2019).
class Sketch {
   public:
    using Bucket = std::uint16_t;
    static Bucket bucket(std::int64_t value) noexcept;
    /// The middle of a bucket.
    static std::int64_t value(Bucket bucket) noexcept;

    void add(std::int64_t value) { add(bucket(value), 1); }
    void add(Bucket bucket, std::int64_t times) { counts_[bucket] += times, total_ += times; }
    void add(const Sketch& other);

    std::int64_t count() const noexcept { return total_; }
    /// The smallest value v such that at least the share `p` of all values is <= v (nearest rank);
    /// -1 without values.
    std::int64_t percentile(double p) const noexcept;
    const std::map<Bucket, std::int64_t>& counts() const noexcept { return counts_; }

   private:
    std::map<Bucket, std::int64_t> counts_;
    std::int64_t total_ = 0;
};

}  // namespace stretto::report
