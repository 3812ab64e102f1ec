// Tags of audio files: ID3v2, ID3v1, APE, MP4, FLAC and Ogg, each of the same bytes.
#include <algorithm>

#include "publish/tags.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView file{data, size};
    const audio::ReadAt read = [&](std::uint64_t offset, std::size_t n) {
        const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, size));
        const auto part = file.subspan(from, std::min(n, size - from));
        return Bytes{part.begin(), part.end()};
    };
    for (const auto* format : {"mp3", "flac", "ogg", "mov,mp4,m4a,3gp,3g2,mj2"}) {
        std::vector<std::string> left_out;
        std::size_t bytes = 0;
        for (const auto& comment :
             publish::comments_of(publish::read_tags(read, size, format), {}, left_out)) {
            bytes += comment.size();
            if (comment.find('=') == std::string::npos) __builtin_trap();
        }
        if (bytes > 60'000) __builtin_trap();
    }
    publish::parse_ape(file, 100);
    return 0;
}
