#include "report/seen.hpp"

#include <algorithm>

namespace stretto::report {
namespace {

constexpr std::size_t most_words = 256;  // 16,384 lines, 2 kB

}  // namespace

bool Seen::add(std::int64_t seq) {
    if (seq < base_) return false;
    auto word = static_cast<std::size_t>((seq - base_) / 64);
    if (word >= most_words) {
        const auto gone = word - most_words + 1;
        words_.erase(words_.begin(),
                     words_.begin() + static_cast<std::ptrdiff_t>(std::min(gone, words_.size())));
        base_ += static_cast<std::int64_t>(gone) * 64;
        complete_ = false;
        word = most_words - 1;
    }
    if (word >= words_.size()) words_.resize(word + 1);
    const auto bit = std::uint64_t{1} << (seq % 64);
    if (words_[word] & bit) return false;
    words_[word] |= bit;
    ++count_;
    const auto full =
        std::find_if(words_.begin(), words_.end(), [](auto w) { return ~w != 0; }) - words_.begin();
    words_.erase(words_.begin(), words_.begin() + full);
    base_ += full * 64;
    return true;
}

bool Seen::all_to(std::int64_t last) const noexcept {
    if (!complete_ || count_ <= last) return false;  // a quick check that decides most cases
    for (std::int64_t seq = base_; seq <= last; ++seq) {
        const auto at = static_cast<std::size_t>(seq - base_);
        if (at / 64 >= words_.size() || !(words_[at / 64] >> at % 64 & 1)) return false;
    }
    return true;
}

}  // namespace stretto::report
