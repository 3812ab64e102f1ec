#pragma once
// Requests a second for each network address: a token bucket each, in bounded memory.
#include <mutex>
#include <string>
#include <unordered_map>

namespace stretto::http {

/// Shared by all workers.
class Limiter {
   public:
    /// @param per_second  requests a source may make on average, in bursts of up to twice as many;
    /// 0: any number
    explicit Limiter(double per_second) : rate_(per_second) {}

    bool enabled() const noexcept { return rate_ > 0; }
    /// @param source  an IPv4 address, or the /64 of an IPv6 one
    bool admit(const std::string& source, std::uint64_t now_ms);

   private:
    struct Bucket {
        double tokens;
        std::uint64_t at_ms;
    };
    static constexpr std::size_t most_sources = 65536;
    double earned(std::uint64_t from_ms, std::uint64_t to_ms) const noexcept;
    void make_room(std::uint64_t now_ms);

    double rate_;
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace stretto::http
