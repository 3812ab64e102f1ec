#include "cache/eviction.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace stretto::cache {
namespace {

constexpr std::size_t candidates = 16;  // 8 lose 0.2 points of hits, 32 gain none
constexpr std::size_t draws = 4;
constexpr std::size_t songs_per_object = 2;
constexpr std::size_t age_per_object = 20;  // 10 and 40 lose 0.2 points at some cache size
constexpr std::size_t least_objects = 100;  // an almost empty cache does not forget in an instant

/// Share of the listeners of a song that want chunk k: half hear the end, and most of the others
/// leave early (Lamere, "The Skip", 2014: 24 % within 5 s, 35 % within 30 s, 49 % in all).
double reach(double k) { return 0.5 + 2 / (k + 4); }
/// Chunks of n that are asked for in a play: the integral of reach.
double reached(double n) { return n / 2 + 2 * std::log1p(n / 4); }

/// The part of a song's requests that goes to this object, over all bitrates. A play asks for the
/// manifest, an index and chunks.
double share_of_song(const Hint& hint) {
    if (hint.kind == Hint::Kind::other) return 1;
    const double usual = 21;  // 210 s
    const double play = 2 + reached(hint.chunks ? hint.chunks : usual);
    return (hint.kind == Hint::Kind::chunk ? reach(hint.chunk) : 1) / play;
}

/// 64 bits to 32 that are as good when the 64 were not quite random.
std::uint32_t fold(std::uint64_t x) {
    return static_cast<std::uint32_t>((x ^ x >> 29) * 0x9e3779b97f4a7c15 >> 32);
}

}  // namespace

bool Eviction::hit(Key key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return false;
    count(found->second);
    return true;
}

std::vector<Key> Eviction::insert(Key key, std::uint64_t bytes, const Hint& hint) {
    erase(key);
    if (bytes > capacity_ / 8) return {key};
    auto& object = objects_[key];
    object.key = key;
    object.bytes = bytes;
    object.song = fold(hint.kind == Hint::Kind::other ? key : hint.song);
    if (hint.kind == Hint::Kind::index || hint.kind == Hint::Kind::chunk) object.kbps = hint.kbps;
    object.share = static_cast<float>(share_of_song(hint) / std::sqrt(bytes + 1.0));
    queues_[fresh].push_front(object);
    bytes_ += bytes;
    fresh_bytes_ += bytes;
    songs_.reserve(songs_per_object * objects_.size());
    count(object);

    return make_room();
}

std::vector<Key> Eviction::reserve(std::uint64_t bytes) {
    reserved_ += bytes;
    return make_room();
}

std::vector<Key> Eviction::make_room() {
    settle();
    std::vector<Key> dropped;
    while (bytes_ + reserved_ > capacity_ && !objects_.empty()) dropped.push_back(drop_one());
    return dropped;
}

std::optional<Key> Eviction::drop() {
    if (objects_.empty()) return {};
    if (objects_.size() == queues_[fresh].size()) move(queues_[fresh].back(), main, false);
    return drop_one();
}

void Eviction::erase(Key key) {
    if (const auto found = objects_.find(key); found != objects_.end()) remove(found->second);
}

void Eviction::count(const Object& object) {
    const double halvings =
        1.0 / static_cast<double>(age_per_object * std::max(objects_.size(), least_objects));
    songs_.age(halvings);
    songs_.add(object.song);
    if (!object.kbps) return;
    bitrates_.age(halvings);
    bitrates_.add(0);
    bitrates_.add(object.kbps);
}

double Eviction::wanted(const Object& object) const {
    const double used = object.kbps ? bitrates_.of(object.kbps) / bitrates_.of(0) : 1;
    return songs_.of(object.song) * used * object.share;
}

void Eviction::move(Object& object, Place to, bool front) {
    queues_[object.place].erase(Queue::s_iterator_to(object));
    if (object.place == fresh) fresh_bytes_ -= object.bytes;
    object.place = to;
    queues_[to].insert(front ? queues_[to].begin() : queues_[to].end(), object);
}

/// An object that is no longer fresh moves to the end of main, where it is soon compared.
void Eviction::settle() {
    while (fresh_bytes_ > capacity_ / 100) move(queues_[fresh].back(), main, false);
}

Key Eviction::drop_one() {
    auto& few = queues_[candidate];
    for (std::size_t n = 0; n < draws && !queues_[main].empty(); ++n)
        move(queues_[main].back(), candidate, true);

    std::array<std::pair<double, Object*>, candidates + draws> all;
    std::size_t n = 0;
    for (auto& object : few) all[n++] = {wanted(object), &object};
    const std::span ranked{all.data(), n};
    std::ranges::sort(ranked, {}, [](const auto& one) { return one.first; });

    for (auto& [_, object] : ranked.subspan(std::min(n, candidates + 1))) move(*object, main, true);
    const auto key = ranked.front().second->key;
    remove(*ranked.front().second);
    return key;
}

void Eviction::remove(Object& object) {
    queues_[object.place].erase(Queue::s_iterator_to(object));
    if (object.place == fresh) fresh_bytes_ -= object.bytes;
    bytes_ -= object.bytes;
    objects_.erase(object.key);
}

}  // namespace stretto::cache
