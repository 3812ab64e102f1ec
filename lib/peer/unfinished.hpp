#pragma once
// Verified pieces of chunks that a listener still receives, so that it can pass them on. The bytes
// are copies: a later response cannot change them.
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/bytes.hpp"
#include "peer/have.hpp"

namespace stretto::peer {

class Unfinished {
   public:
    static constexpr std::size_t most_chunks = 16;  ///< the oldest is dropped: some 7 MB

    /// A chunk of a song.
    using Key = std::tuple<std::string, int, int>;  // id, kbps, chunk

    /// A piece whose hash is right. @param begin  its first byte in the chunk @param whole  bytes
    /// of the chunk
    void add(const Key& key, int piece, std::uint32_t begin, BytesView bytes, std::uint32_t whole);
    /// The chunk is complete, wrong, or not received any more.
    void drop(const Key& key);
    /// All chunks of a song.
    void drop_song(const std::string& id);

    Parts parts(const std::string& id, int kbps) const;
    /// Bytes of a chunk, or nullopt if one of them is not here.
    std::optional<Bytes> read(const Key& key, std::uint64_t begin, std::uint64_t length) const;
    /// The size of a chunk with pieces here.
    std::optional<std::uint32_t> whole(const Key& key) const;

   private:
    struct Chunk {
        std::uint32_t whole = 0;
        gather::PieceSet set = 0;
        std::map<std::uint32_t, Bytes> pieces;  // by first byte
    };
    std::map<Key, Chunk> chunks_;
    std::deque<Key> age_;  // the oldest first
};

}  // namespace stretto::peer
