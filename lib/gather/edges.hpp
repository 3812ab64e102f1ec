#pragma once
// The edges of a listener, nearest first. Requests go to the first one that is usable. Shared by
// all songs of a program.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gather/retry.hpp"

namespace stretto::gather {

class Edges {
   public:
    struct Edge {
        std::string name, url;
        bool trusted = false;   ///< the user named it, not a tracker
        int failures = 0;       ///< in a row
        double not_before = 0;  ///< s; unusable until then
        bool wrong = false;     ///< it sent bytes that do not match their hash
    };

    /// Add an edge that the user named. @return its permanent number
    int add_trusted(const std::string& name, const std::string& url);
    /// Replace the tracker's previous list: (name, url), nearest first.
    void set(const std::vector<std::pair<std::string, std::string>>& named);

    const Edge& at(int number) const { return all_[static_cast<std::size_t>(number)]; }
    /// The current edges, nearest first.
    const std::vector<int>& order() const noexcept { return order_; }
    int count() const noexcept { return static_cast<int>(order_.size()); }
    bool empty() const noexcept { return order_.empty(); }

    /// The nearest usable edge; if there is none, the one that becomes usable first. nullopt: no
    /// edge is known.
    std::optional<int> current(double now) const;
    void worked(int number) { all_[static_cast<std::size_t>(number)].failures = 0; }
    /// It is unusable for half a second, then twice as long each time, up to 16 s; immediately for
    /// 16 s after silence, because the next request may cost as much time again.
    void failed(int number, double now, Fault fault);

    /// The rate of the last transfers in bytes/s, for the next song; 0: unknown.
    double rate() const noexcept { return rate_; }
    void saw(double bytes_per_s) noexcept { rate_ = bytes_per_s; }

   private:
    int add(const std::string& name, const std::string& url, bool trusted);

    std::vector<Edge> all_;   // edges keep their numbers for ever
    std::vector<int> order_;  // trusted ones first
    int trusted_ = 0;
    double rate_ = 0;
};

}  // namespace stretto::gather
