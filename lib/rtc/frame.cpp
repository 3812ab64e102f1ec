#include "rtc/frame.hpp"

#include <cassert>

namespace stretto::rtc {

std::size_t most_bytes(Frame::Kind kind) noexcept {
    switch (kind) {
        case Frame::ask:
        case Frame::head:
            return most_head_bytes;
        case Frame::body:
            return most_body_bytes;
        case Frame::have:
            return most_have_bytes;
        default:
            return 0;
    }
}

Bytes print_frame(const Frame& frame) {
    assert(frame.bytes.size() <= most_bytes(frame.kind));
    Bytes message;
    message.reserve(frame_head_bytes + frame.bytes.size());
    message = {static_cast<std::uint8_t>(frame.kind), static_cast<std::uint8_t>(frame.last), 0, 0};
    append_u32(message, frame.request);
    append(message, frame.bytes);
    return message;
}

Result<Frame> parse_frame(BytesView message) {
    if (message.size() < frame_head_bytes) return Malformed{"a message without a head"};
    if (message[0] < Frame::ask || message[0] > Frame::have)
        return Malformed{"a message of an unknown kind"};
    Frame frame;
    frame.kind = static_cast<Frame::Kind>(message[0]);
    frame.last = message[1] == 1;
    const bool ends = frame.kind == Frame::head || frame.kind == Frame::body;
    if (message[1] > (ends ? 1 : 0) || message[2] != 0 || message[3] != 0)
        return Malformed{"a message with unknown flags"};
    frame.request = read_u32(message, 4);
    frame.bytes = message.subspan(frame_head_bytes);
    if (frame.bytes.size() > most_bytes(frame.kind)) return Malformed{"a message that is too long"};
    if (frame.kind == Frame::body && frame.bytes.empty() && !frame.last)
        return Malformed{"an empty piece of a body"};
    return frame;
}

}  // namespace stretto::rtc
