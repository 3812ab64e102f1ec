#pragma once
// The header pages of a song's renditions. All chunks of a rendition have the same but for the
// serial number, so a driver that knows those of one chunk can write those of another.
#include <map>

#include "base/bytes.hpp"
#include "gather/orders.hpp"

namespace stretto::gather {

constexpr std::uint32_t serial_bytes = 18;  ///< of a page that tell its serial number

class Headers {
   public:
    /// Empty: unknown.
    BytesView of(int rendition) const;
    void know(int rendition, BytesView pages);
    /// A chunk was wrong, and they may be of it.
    void forget(int rendition);
    /// A part of a chunk was decoded without an error: that includes its headers if it begins with
    /// them, which the conductor then counts on.
    /// @param chunk  from its start; @param bytes  of its headers
    void decoded(const Pass& pass, BytesView chunk, std::int64_t bytes);
    /// If the request says so, write the headers of the chunk, as soon as its next page has told
    /// the serial number. Wrong ones do not match the chunk's hash.
    /// @param got    bytes of the request that are in the chunk
    /// @param fresh  of these, those that have just arrived
    void make(const Ask& ask, std::uint32_t got, std::size_t fresh, Bytes& chunk) const;

   private:
    std::map<int, Bytes> pages_;  // by rendition
};

}  // namespace stretto::gather
