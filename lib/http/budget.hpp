#pragma once
// Memory that all clients of a process may take together.
#include <atomic>
#include <cstddef>
#include <utility>

namespace stretto::http {

class Budget {
   public:
    Budget(std::size_t most) noexcept : most_(most) {}
    Budget(const Budget&) = delete;

    std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

    /// What one of them has taken; given back at the end.
    class Share {
       public:
        Share() = default;
        Share(Share&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
        Share& operator=(Share&& other) noexcept {
            std::swap(of_, other.of_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~Share() {
            if (of_) of_->taken_.fetch_sub(bytes_, std::memory_order_relaxed);
        }
        /// @return false: there is not so much left, and nothing was taken
        bool grow(Budget& of, std::size_t bytes) noexcept {
            const auto before = of.taken_.fetch_add(bytes, std::memory_order_relaxed);
            if (before + bytes > of.most_) {
                of.taken_.fetch_sub(bytes, std::memory_order_relaxed);
                return false;
            }
            of_ = &of;
            bytes_ += bytes;
            return true;
        }

       private:
        Budget* of_ = nullptr;
        std::size_t bytes_ = 0;
    };

   private:
    const std::size_t most_;
    std::atomic<std::size_t> taken_{0};
};

}  // namespace stretto::http
