#pragma once
// Which objects a cache keeps.
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/popularity.hpp"

namespace stretto::cache {

/// A 64-bit hash that the caller makes of what names an object.
using Key = std::uint64_t;

/// What is known about an object. Wrong values make the choice worse, nothing else.
struct Hint {
    enum class Kind : std::uint8_t { other, manifest, index, chunk };
    Kind kind = Kind::other;
    std::uint64_t song = 0;    ///< a hash of its id; not for other
    std::uint32_t chunk = 0;   ///< its number, from 0
    std::uint32_t chunks = 0;  ///< in the song; 0: unknown
    std::uint16_t kbps = 0;    ///< of the rendition; for index and chunk
};

/// Keeps the objects that will probably be asked for most.
///
/// S3-FIFO (Yang et al., SOSP 2023) waits for the second request of an object before it believes in
/// it. A song is some twenty chunks in three bitrates, and a request for any of them tells of all:
/// so requests are counted by song, and an object's share of its song's requests follows from its
/// place in the song and from how much its bitrate is used. What belongs to no song is counted
/// alone.
///
/// - Fresh: the newest hundredth of the bytes, first in, first out. Of objects smaller than that, a
///   second request soon after the first is always a hit.
/// - Main: the others, in a ring. To make room, four from its end join a few candidates. The least
///   wanted of these is dropped; when they are too many, the most wanted go round again.
///
/// Wanted = (requests for the song lately) x (share of this object) / sqrt(bytes). No division
/// would save the most bytes, division by bytes would answer the most requests; the root lies
/// between. Requests lose half their weight with every 20 requests for each object in the cache:
/// time plays no part.
///
/// hit() and insert() are O(1), amortised. Memory: about 100 bytes an object, songs included.
class Eviction {
   public:
    explicit Eviction(std::uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

    /// A request for an object: note it if it is in. False when it is not.
    bool hit(Key key);
    /// A request for an object that was not in and has been fetched. An object larger than an
    /// eighth of the capacity is not taken; one that is in is replaced.
    /// @param bytes  all that it takes, with its head
    /// @return       what was dropped so that bytes() <= capacity(); this can be the key itself
    std::vector<Key> insert(Key key, std::uint64_t bytes, const Hint& hint = {});
    /// Keep room for what is on its way, until it is given back; insert() for it comes after that.
    /// @return  what was dropped so that bytes() + reserved() <= capacity(), where that is possible
    std::vector<Key> reserve(std::uint64_t bytes);
    void give_back(std::uint64_t bytes) noexcept { reserved_ -= bytes; }
    /// Drop the least wanted object though there is room; nullopt when there is none.
    std::optional<Key> drop();
    /// An object is gone or was found bad. Nothing when it was not in; its song stays as wanted.
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
