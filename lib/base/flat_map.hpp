#pragma once
// A map of few entries as a sorted array: one block of memory, and none while it is empty.
#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stretto {

/// As std::map, but to add or remove an entry moves those after it, and references end then.
template <class Key, class Value>
class FlatMap {
   public:
    using Entry = std::pair<Key, Value>;
    using iterator = typename std::vector<Entry>::iterator;
    using const_iterator = typename std::vector<Entry>::const_iterator;

    FlatMap() = default;
    FlatMap(std::initializer_list<Entry> all) {
        for (const auto& [key, value] : all) (*this)[key] = value;
    }

    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    iterator begin() noexcept { return all_.begin(); }
    iterator end() noexcept { return all_.end(); }
    const_iterator begin() const noexcept { return all_.begin(); }
    const_iterator end() const noexcept { return all_.end(); }

    iterator find(Key key) noexcept { return found(all_, key); }
    const_iterator find(Key key) const noexcept { return found(all_, key); }
    bool contains(Key key) const noexcept { return find(key) != end(); }
    Value& at(Key key) { return at(*this, key); }
    const Value& at(Key key) const { return at(*this, key); }
    Value& operator[](Key key) {
        const auto place = from(all_, key);
        if (place != end() && place->first == key) return place->second;
        return all_.insert(place, Entry{key, Value{}})->second;
    }
    void erase(Key key) {
        if (const auto place = find(key); place != end()) all_.erase(place);
    }
    void erase(iterator place) { all_.erase(place); }
    bool operator==(const FlatMap&) const = default;

   private:
    static auto from(auto& all, Key key) noexcept {
        // most are added in their order
        if (all.empty() || all.back().first < key) return all.end();
        return std::ranges::lower_bound(all, key, {}, &Entry::first);
    }
    static auto found(auto& all, Key key) noexcept {
        const auto place = from(all, key);
        return place != all.end() && place->first == key ? place : all.end();
    }
    static auto& at(auto& map, Key key) {
        const auto place = map.find(key);
        if (place == map.end()) throw std::out_of_range{"FlatMap::at"};
        return place->second;
    }

    std::vector<Entry> all_;
};

}  // namespace stretto
