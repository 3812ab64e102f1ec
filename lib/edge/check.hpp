#pragma once
// Bytes from upstream held against what proves them: the song's id, or a digest sent along.
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "edge/manifests.hpp"

namespace stretto::edge {

/// Follows one response body as it comes. Nothing that fails it is stored, and its last bytes are
/// held back until it has passed, so that no client takes damage for a whole object.
class Check {
   public:
    enum class Verdict {
        right,
        unknown,      ///< there is no such song, so nobody says what it should be
        unavailable,  ///< what should prove it cannot be had now
        wrong
    };
    virtual ~Check() = default;
    virtual void add(BytesView bytes) = 0;
    /// Bytes that clients may have while `size` are here.
    /// @param length  of the whole, when it is known
    virtual std::uint64_t releasable(std::uint64_t size,
                                     std::optional<std::uint64_t> length) const = 0;
    /// All bytes were added; `done` is called at once or later, on this thread.
    virtual void finish(std::function<void(Verdict)> done) = 0;
};

/// Manifests, indexes and chunks by the song's id, and whatever has a Repr-Digest by that; nullptr
/// for others.
/// @param fields  of the response
std::unique_ptr<Check> check_of(const Route& route, const http::Fields& fields,
                                Manifests& manifests, Objects& objects, net::Loop& loop);

}  // namespace stretto::edge
