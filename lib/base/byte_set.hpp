#pragma once
// Sets of byte values, looked up in a table, for checks of every byte of a request.
#include <array>
#include <cstddef>
#include <string_view>

namespace stretto {

class ByteSet {
   public:
    /// The characters of `members`.
    constexpr explicit ByteSet(std::string_view members) {
        for (const char c : members) has_[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool has(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }
    /// The number of members at the start of `text`.
    constexpr std::size_t count_leading(std::string_view text) const noexcept {
        std::size_t n = 0;
        while (n < text.size() && has(text[n])) ++n;
        return n;
    }
    /// Whether `text` consists of members only.
    constexpr bool has_all_of(std::string_view text) const noexcept {
        return count_leading(text) == text.size();
    }

   private:
    std::array<bool, 256> has_{};
};

}  // namespace stretto
