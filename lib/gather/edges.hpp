#pragma once
// The edges that a listener knows, nearest first, and which of them to ask: the first that is in
// favour. Shared by all songs of a program.
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
        bool trusted = false;   ///< the user named it, rather than a tracker
        int failures = 0;       ///< in a row
        double not_before = 0;  ///< s; out of favour until then
        bool wrong = false;     ///< it gave bytes that are not what their hash says
    };

    /// One that the user named. @return its number, which it keeps
    int add_trusted(const std::string& name, const std::string& url);
    /// A tracker's list takes the place of its last one: (name, url), nearest first.
    void set(const std::vector<std::pair<std::string, std::string>>& named);

    const Edge& at(int number) const { return all_[static_cast<std::size_t>(number)]; }
    /// Those in use now, nearest first.
    const std::vector<int>& order() const noexcept { return order_; }
    int count() const noexcept { return static_cast<int>(order_.size()); }
    bool empty() const noexcept { return order_.empty(); }

    /// The nearest that is in favour; when none is, the one that will be back first. nullopt: none
    /// is known.
    std::optional<int> current(double now) const;
    void worked(int number) { all_[static_cast<std::size_t>(number)].failures = 0; }
    /// It is out of favour for half a second, then twice as long each time, up to 16 s; at once for
    /// that long when it said nothing, and may cost as much again when it is asked.
    void failed(int number, double now, Fault fault);

   private:
    int add(const std::string& name, const std::string& url, bool trusted);

    std::vector<Edge> all_;   // what was known once keeps its number
    std::vector<int> order_;  // trusted ones first
    int trusted_ = 0;
};

}  // namespace stretto::gather
