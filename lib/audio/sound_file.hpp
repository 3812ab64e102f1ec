#pragma once
// Samples to a file: WAV (libsndfile) or bare.
#include <memory>
#include <span>
#include <string>

#include "audio/sink.hpp"

namespace stretto::audio {

class SoundFile {
   public:
    virtual ~SoundFile() = default;
    /// Frames that can be written now without waiting.
    virtual std::size_t room() = 0;
    /// Interleaved; throws an Error (74).
    virtual void write(std::span<const float> samples) = 0;
    virtual void close() = 0;
};

/// 32-bit float; the header is right after every write.
std::unique_ptr<SoundFile> create_wav(const std::string& path, const Format& format);
/// 32-bit little-endian float. @param path  "-": standard output
std::unique_ptr<SoundFile> create_raw(const std::string& path, const Format& format);

}  // namespace stretto::audio
