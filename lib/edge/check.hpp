#pragma once
// Verifies bytes from upstream against the song's id, or against a digest in the response.
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "edge/manifests.hpp"

namespace stretto::edge {

/// Verifies one response body while it arrives. A body that fails is not stored. The last bytes are
/// held back until the body is verified, so no client takes a damaged body for a complete one.
class Check {
   public:
    enum class Verdict {
        right,
        unknown,      ///< the song does not exist, so no hash is known
        unavailable,  ///< the manifest or index that proves it cannot be fetched now
        wrong
    };
    virtual ~Check() = default;
    virtual void add(BytesView bytes) = 0;
    /// Number of bytes that clients may get after `size` bytes have arrived.
    /// @param length  of the whole body, if known
    virtual std::uint64_t releasable(std::uint64_t size,
                                     std::optional<std::uint64_t> length) const = 0;
    /// All bytes have been added. Calls `done` at once or later, on this thread.
    virtual void finish(std::function<void(Verdict)> done) = 0;
};

/// A check by the song's id for manifests, indexes and chunks, and by Repr-Digest for responses
/// with that field; nullptr for others.
/// @param fields  of the response
std::unique_ptr<Check> check_of(const Route& route, const http::Fields& fields,
                                Manifests& manifests, Objects& objects, net::Loop& loop);

}  // namespace stretto::edge
