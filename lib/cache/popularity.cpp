#include "cache/popularity.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stretto::cache {

void Popularity::reserve(std::size_t things) {
    if (things <= capacity()) return;
    // a quarter more than asked, so that growing one by one costs little
    const auto old = std::exchange(sets_, std::vector<Set>((things + things / 4) / ways + 1));
    for (const auto& set : old)
        for (const auto& known : set)
            if (auto& place = cell(known.key); place.count < known.count) place = known;
}

void Popularity::add(std::uint32_t key) {
    auto one = static_cast<float>(worth_);
    auto& place = cell(key);
    if (place.key != key) {
        // Let in at once, nine that take turns would push each other out for ever.
        const auto paid = std::min(one, place.count);
        place.count -= paid;
        one -= paid;
        if (place.count > 0) return;
        place = {key, 0};
    }
    place.count += one;
}

double Popularity::of(std::uint32_t key) const noexcept {
    for (const auto& known : sets_[index(key)])
        if (known.key == key) return known.count / worth_;
    return 0;
}

void Popularity::age(double halvings) {
    worth_ *= std::exp2(halvings);
    if (worth_ > 0x1p64) rebase();
}

/// The key's cell; if it has none, that of the thing asked for least.
Popularity::Cell& Popularity::cell(std::uint32_t key) {
    auto& set = sets_[index(key)];
    auto* least = &set[0];
    for (auto& known : set) {
        if (known.key == key) return known;
        if (known.count < least->count) least = &known;
    }
    return *least;
}

std::size_t Popularity::index(std::uint32_t key) const noexcept {
    return std::uint64_t{key} * sets_.size() >> 32;
}

// A float ends at 2^127.
void Popularity::rebase() {
    for (auto& set : sets_)
        for (auto& known : set) known.count = static_cast<float>(known.count / worth_);
    worth_ = 1;
}

}  // namespace stretto::cache
