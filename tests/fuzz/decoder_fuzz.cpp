// What an edge sends, to sound: no bytes make more samples than were asked for, or samples that are
// no numbers. The first byte says how the rest is split, and whether it begins with the chunk.
#include <cmath>

#include "repair.hpp"
#include "vorbis/stream_decoder.hpp"

using namespace stretto;

namespace {

void feed(vorbis::StreamDecoder& decoder, BytesView bytes, std::size_t step,
          const vorbis::Part& part) {
    std::vector<float> samples;
    while (!bytes.empty()) {
        const auto n = std::min(step, bytes.size());
        if (!decoder.add(bytes.first(n), samples)) break;
        bytes = bytes.subspan(n);
    }
    if (decoder.position() > part.to) __builtin_trap();
    if (static_cast<std::int64_t>(samples.size()) !=
        (decoder.position() - part.from) * decoder.channels())
        __builtin_trap();
    for (const float sample : samples)
        if (!std::isfinite(sample)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const BytesView bytes{data + 1, size - 1};
    const std::size_t step = data[0] % 128u == 0 ? size : data[0] % 128u;
    vorbis::StreamDecoder decoder{8000, 1};
    const vorbis::Part part{3, 4000};
    decoder.begin(part);
    feed(decoder, bytes, step, part);
    // and from the third page on, with the headers before it
    std::size_t at = 0;
    for (int page = 0; page < 2 && at + 27 < bytes.size(); ++page) {
        const std::size_t header = 27u + bytes[at + 26];
        if (at + header > bytes.size()) break;
        const auto lacing = bytes.subspan(at + 27, bytes[at + 26]);
        at = std::min(bytes.size(), at + std::accumulate(lacing.begin(), lacing.end(), header));
    }
    if (decoder.begin(part, bytes.first(at))) feed(decoder, bytes.subspan(at), step, part);
    return 0;
}
