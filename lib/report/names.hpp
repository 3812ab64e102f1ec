#pragma once
// Numbers for texts, so that a record refers to a song or a place with four bytes.
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace stretto::report {

using Name = std::uint32_t;
constexpr Name no_name = 0xffffffff;

/// Maps each distinct text to a number: 0, 1, 2 and so on.
class Names {
   public:
    Name operator()(std::string_view text) {
        if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
        const auto number = static_cast<Name>(texts_.size());
        texts_.emplace_back(text);
        numbers_.emplace(texts_.back(), number);
        return number;
    }
    const std::string& operator[](Name name) const { return texts_[name]; }
    std::size_t size() const noexcept { return texts_.size(); }

   private:
    std::deque<std::string> texts_;  // a deque, because the keys of numbers_ point into its texts
    std::unordered_map<std::string_view, Name> numbers_;
};

/// All texts to which sessions refer.
struct Dictionary {
    Names songs, places, servers;  ///< servers: edges and peers
    Names addresses;               ///< from which events were posted
    Names tags;                    ///< see join_tags()
};

}  // namespace stretto::report
