#pragma once
// Pictures as people have them, to small JPEGs: FFmpeg decodes and encodes, swscale scales.
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace stretto::audio {

constexpr std::size_t most_picture_bytes = 16u << 20;

/// A picture in memory: JPEG, PNG, GIF, BMP or WebP, known by its first bytes whatever it is
/// called.
class Picture {
   public:
    /// @param subject  names it in errors
    /// Throws an Error (65) on anything else, on damage, and above 36 million pixels.
    Picture(BytesView bytes, const std::string& subject);
    ~Picture();

    int width() const noexcept;
    int height() const noexcept;
    /// A plain JPEG (song/cover.hpp) that fits into a square of `px`, never larger than the
    /// picture itself and at most about 300 kB. What is transparent becomes white. The same picture
    /// gives the same bytes.
    Bytes jpeg(int px) const;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::audio
