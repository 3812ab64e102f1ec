#pragma once
// Samples of one song in the format that the output was opened with for another (libswresample).
#include <memory>
#include <span>
#include <vector>

#include "audio/sink.hpp"

namespace stretto::audio {

class Converter {
   public:
    Converter(const Format& from, const Format& to);
    ~Converter();
    Converter(Converter&&) noexcept;

    /// The formats are the same: samples pass through as they are.
    bool same() const noexcept;
    /// Append the converted samples.
    void add(std::span<const float> samples, std::vector<float>& out);
    /// Append the remaining samples at the song's end.
    void finish(std::vector<float>& out);

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::audio
