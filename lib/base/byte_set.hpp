#pragma once
// Sets of byte values, looked up in a table: for checks that every byte of a request goes through.
#include <algorithm>
#include <array>
#include <string_view>

namespace stretto {

class ByteSet {
   public:
    /// The characters of `members`.
    constexpr explicit ByteSet(std::string_view members) {
        for (const char c : members) has_[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool has(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }
    /// Whether `text` consists of members only.
    constexpr bool has_all_of(std::string_view text) const noexcept {
        return std::ranges::all_of(text, [this](char c) { return has(c); });
    }

   private:
    std::array<bool, 256> has_{};
};

}  // namespace stretto
