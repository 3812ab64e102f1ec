#pragma once
// Bodies of messages: read piece by piece, from memory, from files, or from open transfers.
#include <functional>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "base/file.hpp"

namespace stretto::http {

/// The next bytes to write: in memory, or in a file (sent without passing through memory).
struct Slice {
    BytesView bytes;
    int fd = -1;  ///< of a file when >= 0: then `offset` and `length` say which bytes
    std::uint64_t offset = 0, length = 0;
    std::shared_ptr<const void> owner;  ///< owns the bytes or fd

    std::uint64_t size() const noexcept { return fd >= 0 ? length : bytes.size(); }
    /// Forget the first n bytes.
    void consume(std::uint64_t n) noexcept {
        if (fd >= 0)
            offset += n, length -= n;
        else
            bytes = bytes.subspan(n);
    }
};

class Body {
   public:
    enum class State {
        ready,  ///< `slice` holds at least one byte; its memory is valid until the next call
        wait,  ///< nothing yet: `wake` is called once, on this thread, when next() is worth calling
        end,   ///< all was given
        broken  ///< the rest will never come: the connection is to be closed as incomplete
    };
    virtual ~Body() = default;
    /// Bytes of memory that are this body's alone for as long as it lasts, or as it waits for its
    /// client.
    virtual std::size_t held() const noexcept { return 0; }
    virtual State next(Slice& slice, const std::function<void()>& wake) = 0;
};

/// One slice, known from the start.
class WholeBody : public Body {
   public:
    /// @param held  bytes of memory that nobody else has
    explicit WholeBody(Slice slice, std::size_t held = 0) : slice_(std::move(slice)), held_(held) {}
    std::size_t held() const noexcept override { return held_; }
    State next(Slice& slice, const std::function<void()>&) override {
        if (slice_.size() == 0) return State::end;
        slice = std::exchange(slice_, {});
        return State::ready;
    }

   private:
    Slice slice_;
    std::size_t held_;
};

/// A body that owns its bytes.
inline std::unique_ptr<Body> body_of(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    Slice slice;
    slice.bytes = as_bytes(*owner);
    slice.owner = std::move(owner);
    const auto held = slice.bytes.size();
    return std::make_unique<WholeBody>(std::move(slice), held);
}

}  // namespace stretto::http
