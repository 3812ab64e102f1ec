#pragma once
// What a source has of a rendition: whole chunks, and pieces of chunks that it still receives.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace stretto::gather {

/// The verified pieces of one chunk: bit i is piece i. A chunk has some ten; later ones are not
/// told.
using PieceSet = std::uint64_t;
constexpr int most_told_pieces = 64;

constexpr bool contains(PieceSet set, int piece) {
    return piece < most_told_pieces && (set >> piece & 1) != 0;
}
constexpr bool contains(PieceSet set, int first, int end) {
    for (int i = first; i < end; ++i)
        if (!contains(set, i)) return false;
    return true;
}

/// The pieces of unfinished chunks, by chunk: a few, so a sorted array. Most are empty, and then
/// take no memory beside it.
class Parts {
   public:
    using Part = std::pair<int, PieceSet>;

    Parts() = default;
    Parts(std::initializer_list<Part> all) {
        for (const auto& [chunk, set] : all) (*this)[chunk] = set;
    }
    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    auto begin() const noexcept { return all_.begin(); }
    auto end() const noexcept { return all_.end(); }
    std::vector<Part>::const_iterator find(int chunk) const noexcept {
        const auto found = from(chunk);
        return found != all_.end() && found->first == chunk ? found : all_.end();
    }
    bool contains(int chunk) const noexcept { return find(chunk) != all_.end(); }
    PieceSet& operator[](int chunk) {
        const auto at = all_.begin() + (from(chunk) - all_.begin());
        return at != all_.end() && at->first == chunk ? at->second
                                                      : all_.insert(at, {chunk, 0})->second;
    }
    void erase(int chunk) {
        if (const auto found = find(chunk); found != all_.end()) all_.erase(found);
    }
    bool operator==(const Parts&) const = default;

   private:
    std::vector<Part>::const_iterator from(int chunk) const noexcept {
        return std::ranges::lower_bound(all_, chunk, {}, &Part::first);
    }
    std::vector<Part> all_;
};

/// How many uploads to serve at a time. Over a slow uplink few at a time, so that each piece is
/// soon complete and can be passed on again: in a flash crowd of 400 players with 0.5 Mbit/s, peers
/// send 74 % of the maximum flow with two uploads, and 69 % with four.
constexpr int uploads_for(double bytes_per_s) {
    return bytes_per_s > 0 && bytes_per_s < 125'000 ? 2 : 4;
}

struct Have {
    std::vector<bool> chunks;
    Parts parts{};  ///< of other chunks

    bool has(int chunk) const { return chunks[static_cast<std::size_t>(chunk)]; }
    /// All of the chunk, or pieces of it.
    bool has_some(int chunk) const { return has(chunk) || parts.contains(chunk); }
    /// It has sent 404.
    void lacks(int chunk) {
        chunks[static_cast<std::size_t>(chunk)] = false;
        parts.erase(chunk);
    }
    bool operator==(const Have&) const = default;
};

}  // namespace stretto::gather
