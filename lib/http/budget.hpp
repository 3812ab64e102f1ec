#pragma once
// Memory that all clients of a process may take together, and one of them at most.
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace stretto::http {

/// Once an eighth of it is taken, one source has at most an eighth from there on: so it never has
/// more than a quarter. Below, which is where a server is nearly always, only a sum is kept.
class Budget {
   public:
    explicit Budget(std::size_t most) noexcept : most_(most) {}
    Budget(const Budget&) = delete;

    std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
    /// Sources that have taken something beyond the first eighth.
    std::size_t sources() {
        const std::lock_guard lock{mutex_};
        return by_source_.size();
    }

   private:
    using BySource = std::unordered_map<std::string, std::size_t>;

   public:
    /// What one client has taken; given back at the end.
    class Share {
       public:
        Share() = default;
        Share(Share&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)),
              bytes_(std::exchange(other.bytes_, 0)),
              source_(std::exchange(other.source_, nullptr)),
              counted_(std::exchange(other.counted_, 0)) {}
        Share& operator=(Share&& other) noexcept {
            std::swap(of_, other.of_);
            std::swap(bytes_, other.bytes_);
            std::swap(source_, other.source_);
            std::swap(counted_, other.counted_);
            return *this;
        }
        ~Share() {
            if (source_) of_->forget(source_->first, counted_);
            if (of_) of_->taken_.fetch_sub(bytes_, std::memory_order_relaxed);
        }
        /// @param source  called for the client's net::Address::source(), if it matters; empty if
        ///                it is not known, behind a proxy. It does not change.
        /// @return false: there is not so much left for it, and nothing was taken
        template <class Source>
        bool grow(Budget& of, std::size_t bytes, Source&& source) {
            if (bytes == 0) return true;
            const auto after = of.taken_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
            if (after > of.most_ || (after > of.most_ / 8 && !count(of, bytes, source()))) {
                of.taken_.fetch_sub(bytes, std::memory_order_relaxed);
                return false;
            }
            of_ = &of;
            bytes_ += bytes;
            return true;
        }

       private:
        bool count(Budget& of, std::size_t bytes, std::string source) {
            if (source.empty()) return true;
            const auto counted = of.count(std::move(source), bytes, source_);
            if (counted) counted_ += bytes;
            return counted;
        }
        Budget* of_ = nullptr;
        std::size_t bytes_ = 0;
        BySource::value_type* source_ = nullptr;  // a node of by_source_, which stays in its place
        std::size_t counted_ = 0;                 // of bytes_, there
    };

   private:
    bool count(std::string source, std::size_t bytes, BySource::value_type*& node) {
        const std::lock_guard lock{mutex_};
        auto& one =
            *(node ? by_source_.find(node->first) : by_source_.try_emplace(source, 0).first);
        if (one.second + bytes > most_ / 8) {
            if (one.second == 0) by_source_.erase(one.first);
            return false;
        }
        one.second += bytes;
        node = &one;
        return true;
    }
    void forget(const std::string& source, std::size_t bytes) {
        const std::lock_guard lock{mutex_};
        const auto found = by_source_.find(source);
        if ((found->second -= bytes) == 0) by_source_.erase(found);
    }

    const std::size_t most_;
    std::atomic<std::size_t> taken_{0};
    std::mutex mutex_;
    BySource by_source_;
};

struct Budgets {
    enum class Of { uploads, responses };
    Budget uploads{std::size_t{128} << 20};    ///< of bodies that are not whole yet
    Budget responses{std::size_t{512} << 20};  ///< of bodies in memory
    Budget& operator[](Of of) noexcept { return of == Of::uploads ? uploads : responses; }
};

}  // namespace stretto::http
