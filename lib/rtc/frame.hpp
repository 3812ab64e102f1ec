#pragma once
// Messages on a data channel: HTTP requests and responses in frames. See stretto-protocol(7).
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::rtc {

/// A message is: kind u8, flags u8 (1: last), 0 u16, request u32 (little-endian), then `bytes`.
struct Frame {
    enum Kind : std::uint8_t {
        ask = 1,   ///< head of an HTTP/1.1 request, GET or HEAD
        head = 2,  ///< head of an HTTP/1.1 response; last: it has no body
        body = 3,  ///< the next bytes of a body; last: no more come
        stop = 4,  ///< the asker wants no more
        have = 5   ///< chunks that the sender has, as JSON
    };
    Kind kind = ask;
    bool last = false;  ///< of a head or body
    std::uint32_t request = 0;
    BytesView bytes;
};

constexpr std::size_t frame_head_bytes = 8;
constexpr std::size_t most_head_bytes = 2048;   ///< of an ask or a head
constexpr std::size_t most_body_bytes = 16384;  ///< in one message
constexpr std::size_t most_have_bytes = 4096;
constexpr std::size_t most_frame_bytes = frame_head_bytes + most_body_bytes;

/// Maximum number of content bytes in a frame of this kind.
std::size_t most_bytes(Frame::Kind kind) noexcept;
/// @param frame  with at most most_bytes() of its kind
Bytes print_frame(const Frame& frame);
/// `bytes` of the result is a view into `message`. Malformed: an unknown kind or flag, reserved
/// bytes that are not 0, too many bytes, a stop with content, or an empty body that is not the last
/// frame.
Result<Frame> parse_frame(BytesView message);

}  // namespace stretto::rtc
