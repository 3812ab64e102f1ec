// A cue sheet from a stranger: tracks rise, and none ends before it begins.
#include "base/bytes.hpp"
#include "publish/cue.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto sheet = publish::parse_cue(as_text({data, size}));
    if (!sheet) return 0;
    if (sheet->tracks.empty()) __builtin_trap();
    if (sheet->tracks_in(sheet->tracks.back().file).empty()) __builtin_trap();
    for (const auto& track : sheet->tracks) {
        const auto end = sheet->end_of(track);
        if (track.begin < 0 || (end && *end <= track.begin)) __builtin_trap();
        if (sheet->track(track.number) != &track) __builtin_trap();
    }
    return 0;
}
