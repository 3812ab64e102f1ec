#pragma once
// Sound to the system's device (SDL2).
#include "audio/sink.hpp"

namespace stretto::audio {

/// Throws an Error (69) when there is no device.
std::unique_ptr<Sink> open_sdl_sink(const Format& format, SinkOptions options);

}  // namespace stretto::audio
