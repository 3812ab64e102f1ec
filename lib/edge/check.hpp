#pragma once
// Bytes from upstream held against what the song's id proves.
#include <memory>
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
        wrong,
        unknown  ///< there is no manifest to hold it against
    };
    virtual ~Check() = default;
    virtual void add(BytesView bytes) = 0;
    /// Bytes that clients may have while `size` are here.
    virtual std::uint64_t releasable(std::uint64_t size) const = 0;
    /// All bytes were added; `done` is called at once or later, on this thread.
    virtual void finish(std::function<void(Verdict)> done) = 0;
};

/// The check that belongs to a path: of manifests, indexes and chunks by id; nullptr for others.
/// @param gzip  the body is compressed
std::unique_ptr<Check> check_of(const std::string& key, bool gzip, Manifests& manifests,
                                Objects& objects, net::Loop& loop);

}  // namespace stretto::edge
