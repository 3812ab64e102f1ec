// What headers of audio files state: MP3, AIFF, Wave64, WAV, MP4, iTunSMPB, Ogg.
#include <algorithm>

#include "audio/mp4.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView file{data, size};
    std::size_t asked = 0;
    const audio::ReadAt read = [&](std::uint64_t offset, std::size_t n) {
        if ((asked += n) > (64U << 20)) __builtin_trap();  // no file makes us read so much
        const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, size));
        const auto part = file.subspan(from, std::min(n, size - from));
        return Bytes{part.begin(), part.end()};
    };
    if (const auto samples = audio::mp3_samples(file); samples && *samples <= 0) __builtin_trap();
    if (const auto n = audio::id3v2_bytes(file); n > 0 && n < 10) __builtin_trap();
    for (const auto& patch : audio::open_length(file, size))
        if (patch.offset + patch.bytes.size() > size) __builtin_trap();
    if (const auto wave = audio::wave_samples(read, size))
        if (!wave->cut && wave->bytes > size) __builtin_trap();
    for (std::uint32_t track = 1; track < 3; ++track)
        if (const auto length = audio::mp4_track(read, size, track))
            if (length->ticks <= 0 || length->per_second == 0) __builtin_trap();
    if (const auto samples = audio::ogg_page_samples(read, size); samples && *samples <= 0)
        __builtin_trap();
    audio::parse_itunsmpb(as_text(file));
    return 0;
}
