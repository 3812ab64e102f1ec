#include "report/remembered.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/error.hpp"

namespace stretto::report {
namespace {

constexpr int first_bits = 4;

std::uint64_t mix(std::uint64_t x) {  // after splitmix64: each bit changes each other
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

std::uint64_t random_number() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

}  // namespace

Remembered::Remembered(std::size_t in_memory) : in_memory_(in_memory), salt_(random_number()) {}

void Remembered::set(std::uint64_t key, std::int64_t number) {
    young_.insert_or_assign(key, number);
    if (young_.size() >= in_memory_) put_away();
}

std::optional<std::int64_t> Remembered::find(std::uint64_t key) const {
    if (const auto young = young_.find(key); young != young_.end()) return young->second;
    if (!file_) return {};
    for (auto number = home(key);; number = (number + 1) & ((std::uint64_t{1} << bits_) - 1)) {
        load(number);
        for (const auto& slot : block_) {
            if (slot.stored == 0) return {};
            if (slot.key == key) return slot.stored - 2;
        }
    }
}

/// The block in which a key belongs: keys in the order of their hashes fill the file in order.
std::uint64_t Remembered::home(std::uint64_t key) const { return mix(key ^ salt_) >> (64 - bits_); }

void Remembered::load(std::uint64_t number) const {
    if (at_ == number) return;
    at_ = no_block;
    block_.assign(slots, {});
    read_at(file_.fd(), {reinterpret_cast<std::uint8_t*>(block_.data()), slots * sizeof(Slot)},
            static_cast<std::int64_t>(number * slots * sizeof(Slot)), "a temporary file");
    at_ = number;
}

void Remembered::store() {
    if (!std::exchange(changed_, false)) return;
    const BytesView bytes{reinterpret_cast<const std::uint8_t*>(block_.data()),
                          slots * sizeof(Slot)};
    if (!try_write_at(file_.fd(), bytes, at_ * bytes.size()))
        throw system_error("write", "a temporary file");
}

void Remembered::insert(Slot slot) {
    for (auto number = home(slot.key);; number = (number + 1) & ((std::uint64_t{1} << bits_) - 1)) {
        if (number != at_) store();
        load(number);
        const auto place = std::find_if(block_.begin(), block_.end(), [&](const Slot& other) {
            return other.stored == 0 || other.key == slot.key;
        });
        if (place == block_.end()) continue;  // full: the key is in one of the next
        filled_ += place->stored == 0;
        *place = slot;
        changed_ = true;
        return;
    }
}

/// A table of twice as many blocks. Block n becomes 2 n and 2 n + 1.
void Remembered::grow() {
    const File before = std::move(file_);
    const auto blocks = before ? std::uint64_t{1} << bits_ : 0;
    file_ = open_spool();
    bits_ = before ? bits_ + 1 : first_bits;
    filled_ = 0;
    at_ = no_block;
    Block block(slots);
    for (std::uint64_t number = 0; number < blocks; ++number) {
        std::fill(block.begin(), block.end(), Slot{});
        read_at(before.fd(), {reinterpret_cast<std::uint8_t*>(block.data()), slots * sizeof(Slot)},
                static_cast<std::int64_t>(number * slots * sizeof(Slot)), "a temporary file");
        for (const auto& slot : block)
            if (slot.stored != 0) insert(slot);
    }
    store();
}

/// Move the keys in memory to the file, in its order. At most half of its slots are used.
void Remembered::put_away() {
    std::vector<Slot> moved;
    moved.reserve(young_.size());
    for (const auto& [key, number] : young_) moved.push_back({key, number + 2});
    young_.clear();
    while (!file_ || 2 * (filled_ + moved.size()) > (std::uint64_t{1} << bits_) * slots) grow();
    std::sort(moved.begin(), moved.end(),
              [this](const Slot& a, const Slot& b) { return home(a.key) < home(b.key); });
    for (const auto& slot : moved) insert(slot);
    store();
}

}  // namespace stretto::report
