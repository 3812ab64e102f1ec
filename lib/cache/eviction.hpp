#pragma once
// Decides which objects a cache keeps.
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/popularity.hpp"

namespace stretto::cache {

/// A 64-bit hash of an object's name, from the caller.
using Key = std::uint64_t;

/// Facts about an object. Wrong values only make the choice worse.
struct Hint {
    enum class Kind : std::uint8_t { other, manifest, index, chunk };
    Kind kind = Kind::other;
    std::uint64_t song = 0;    ///< a hash of its id; only for parts of songs
    std::uint32_t chunk = 0;   ///< its number, from 0
    std::uint32_t chunks = 0;  ///< in the song; 0: unknown
    std::uint16_t kbps = 0;    ///< of the rendition; for index and chunk
};

/// Keeps the objects that will probably be requested most.
///
/// S3-FIFO (Yang et al., SOSP 2023) promotes an object at its second request. A song has about
/// twenty chunks in three bitrates, and a request for one of them predicts requests for all. So
/// requests are counted per song. An object's share of its song's requests follows from its place
/// in the song and from the use of its bitrate. Objects that belong to no song are counted
/// alone.
///
/// - Fresh: the newest hundredth of the bytes, first in, first out. For smaller
///   objects, a second request soon after the first is always a hit.
/// - Main: the others, in a ring. To make room, four objects from its end join a few
///   candidates. The candidate with the lowest value is dropped. If there are too many candidates,
///   those with the highest values return to the ring.
///
/// Value = (requests for the song lately) x (share of this object) / sqrt(bytes). Without a
/// division the cache would save most bytes; divided by bytes it would serve most requests; the
/// root is a compromise. Requests lose half their weight with every 20 requests per object in the
/// cache. Time has no influence.
///
/// hit() and insert() are O(1), amortised. Memory: about 100 bytes an object, songs included.
class Eviction {
   public:
    explicit Eviction(std::uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

    /// A request for an object: count it if the object is in the cache. False if it is not.
    bool hit(Key key);
    /// A request for an object that was fetched after a miss. An object larger than an eighth of
    /// the capacity is not stored; an object that is in the cache is replaced.
    /// @param bytes  its whole size, with its header
    /// @return       dropped objects, so that bytes() <= capacity(); maybe the key itself
    std::vector<Key> insert(Key key, std::uint64_t bytes, const Hint& hint = {});
    /// Reserve room for a transfer until it is released; then call insert().
    /// @return  dropped objects, so that bytes() + reserved() <= capacity(), if that is possible
    std::vector<Key> reserve(std::uint64_t bytes);
    void give_back(std::uint64_t bytes) noexcept { reserved_ -= bytes; }
    /// Drop the object with the lowest value although there is room; nullopt if the cache is empty.
    std::optional<Key> drop();
    /// Remove a missing or damaged object, if it is in the cache. Its song's count stays.
    void erase(Key key);

    bool contains(Key key) const { return objects_.contains(key); }
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t reserved() const noexcept { return reserved_; }
    std::uint64_t capacity() const noexcept { return capacity_; }
    std::size_t size() const noexcept { return objects_.size(); }

   private:
    enum Place : std::uint8_t { fresh, main, candidate };
    struct Object : boost::intrusive::list_base_hook<> {
        Key key = 0;
        std::uint64_t bytes : 45 = 0;  ///< up to 35 TB
        std::uint64_t kbps : 16 = 0;   ///< 0: all bitrates share this object
        std::uint64_t place : 3 = fresh;
        float share = 0;         ///< of the requests for its song and bitrate, / sqrt(bytes)
        std::uint32_t song = 0;  ///< as popularity knows it
    };
    using Queue = boost::intrusive::list<Object>;  ///< newest first

    void count(const Object& object);
    double wanted(const Object& object) const;
    void move(Object& object, Place to, bool front);
    void settle();
    std::vector<Key> make_room();
    Key drop_one();
    void remove(Object& object);

    std::uint64_t capacity_;
    std::uint64_t bytes_ = 0;
    std::uint64_t reserved_ = 0;
    std::uint64_t fresh_bytes_ = 0;
    std::unordered_map<Key, Object> objects_;
    Queue queues_[3];
    Popularity songs_;
    Popularity bitrates_;  ///< by kbps; 0 counts them all
};

}  // namespace stretto::cache
