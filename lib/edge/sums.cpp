#include "edge/sums.hpp"

#include <algorithm>

#include "base/file.hpp"

namespace stretto::edge {
namespace {

std::uint64_t shorten(const Digest& digest) {
    std::uint64_t sum = 0;
    for (int i = 7; i >= 0; --i) sum = sum << 8 | digest[static_cast<std::size_t>(i)];
    return sum;
}

}  // namespace

std::uint64_t sum_of(BytesView block) { return shorten(sha256(block)); }

void Summer::end_block() {
    done_.push_back(shorten(block_->finish()));
    block_.reset();
    in_block_ = 0;
}

void Summer::add(BytesView bytes) {
    while (!bytes.empty()) {
        if (!block_) block_.emplace();
        const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), sum_block - in_block_));
        block_->add(part);
        in_block_ += part.size();
        bytes = bytes.subspan(part.size());
        if (in_block_ == sum_block) end_block();
    }
}

Sums Summer::finish() {
    if (in_block_ > 0) end_block();
    return std::move(done_);
}

bool block_is_right(int fd, std::uint64_t length, const Sums& sums, std::size_t i) {
    const std::uint64_t at = i * sum_block;
    if (i >= sums.size() || at >= length) return false;
    Bytes block(std::min(sum_block, length - at));
    return try_read_at(fd, block, at) && sum_of(block) == sums[i];
}

}  // namespace stretto::edge
