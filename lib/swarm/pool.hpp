#pragma once
// Many small objects of one type, addressed by 32-bit numbers: half the size of a pointer. Growth
// copies nothing.
#include <cassert>
#include <cstdint>
#include <memory>
#include <vector>

namespace stretto::swarm {

constexpr std::uint32_t nobody = UINT32_MAX;

/// @tparam T  has a number `next`, which chains free objects
template <class T>
class Pool {
   public:
    /// A fresh T{}.
    std::uint32_t add() {
        ++used_;
        if (free_ != nobody) {
            const std::uint32_t i = free_;
            free_ = (*this)[i].next;
            (*this)[i] = T{};
            return i;
        }
        if (end_ == blocks_.size() * block) blocks_.push_back(std::make_unique<T[]>(block));
        return end_++;
    }
    /// Free an object; its number may be reused.
    void remove(std::uint32_t i) {
        (*this)[i] = T{};
        (*this)[i].next = free_;
        free_ = i;
        --used_;
    }

    T& operator[](std::uint32_t i) noexcept {
        assert(i < end_);
        return blocks_[i / block][i % block];
    }
    const T& operator[](std::uint32_t i) const noexcept {
        assert(i < end_);
        return blocks_[i / block][i % block];
    }
    /// Objects in use.
    std::size_t size() const noexcept { return used_; }
    /// One more than the highest number ever given.
    std::uint32_t end() const noexcept { return end_; }

   private:
    static constexpr std::uint32_t block = 4096;
    std::vector<std::unique_ptr<T[]>> blocks_;
    std::uint32_t free_ = nobody, end_ = 0;
    std::size_t used_ = 0;
};

}  // namespace stretto::swarm
