// Playlists of strangers: whatever comes, what is taken for a song is one.
#include <cstdlib>

#include "base/bytes.hpp"
#include "listen/playlist.hpp"
#include "song/id.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto list =
        stretto::listen::parse_playlist(stretto::as_text(stretto::BytesView{data, size}));
    for (const auto& song : list.songs)
        if (!stretto::song::is_id(song) && !stretto::song::is_name(song)) std::abort();
    return 0;
}
