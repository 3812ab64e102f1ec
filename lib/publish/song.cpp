#include "publish/song.hpp"

#include <cmath>

#include "ogg/split.hpp"

namespace stretto::publish {

Result<bool> SongBuilder::add(int kbps, BytesView chunk) {
    auto& track = tracks_[kbps];
    auto facts = track.reader.read(chunk);
    if (!facts) return facts.error();
    if (!track.rows.empty() && track.reader.headers_changed())
        return Malformed{"its headers differ from those of earlier chunks"};
    return add(kbps, chunk, *facts, track.reader.headers().format);
}

Result<bool> SongBuilder::add(int kbps, BytesView chunk, const ogg::Facts& facts,
                              const vorbis::Identification& format) {
    auto& track = tracks_[kbps];
    const bool first = track.rows.empty();
    if (track.rows.size() >= song::most_chunks) return Malformed{"too many chunks"};
    if (chunk.size() > song::most_chunk_bytes) return Malformed{"a chunk too large"};
    if (first) {
        track.format = format;
        track.header_bytes = facts.header_bytes;
    } else {
        // a decoder that goes from chunk to chunk must meet the same packets, or the joint is
        // audible
        const bool joined = facts.trim > 0 ? facts.first[0] == track.last[0] &&
                                                 facts.first[1] == track.last[1] &&
                                                 facts.first_end == track.overhang
                                           : facts.first[0] == track.last[1] && track.overhang == 0;
        if (!joined) return Malformed{"it does not start at the end of the previous chunk"};
    }
    track.last[0] = facts.last[0];
    track.last[1] = facts.last[1];
    track.overhang = facts.overhang;
    track.samples += facts.samples;

    std::vector<song::Piece> rows;
    const auto starts = ogg::pieces(facts, chunk.size(), format.rate);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::size_t end = i + 1 < starts.size() ? starts[i + 1].offset : chunk.size();
        rows.push_back({starts[i].offset, starts[i].first_sample,
                        song::piece_hash(chunk.subspan(starts[i].offset, end - starts[i].offset))});
    }
    track.index.push_back(std::move(rows));

    const std::int64_t body_bytes = first ? facts.first_body_bytes : facts.body_bytes;
    track.body_bytes += body_bytes;
    track.rows.push_back({sha256(chunk), static_cast<std::int64_t>(chunk.size()), facts.samples,
                          facts.trim, body_bytes,
                          first ? facts.first_body_pages : facts.body_pages});
    return true;
}

Bytes SongBuilder::index(int kbps) const {
    const auto found = tracks_.find(kbps);
    return found == tracks_.end() ? Bytes{} : song::print_index(found->second.index);
}

std::size_t SongBuilder::chunks(int kbps) const {
    const auto found = tracks_.find(kbps);
    return found == tracks_.end() ? 0 : found->second.rows.size();
}

Result<song::Manifest> SongBuilder::manifest(std::int64_t chunk_samples, song::Tags tags,
                                             std::optional<song::Loudness> loudness) const {
    if (tracks_.empty()) return Malformed{"it contains no chunk"};
    if (tracks_.size() > song::most_renditions)
        return Malformed{text("more than ", song::most_renditions, " renditions")};
    const int first_kbps = tracks_.begin()->first;
    const Track& first = tracks_.begin()->second;
    song::Manifest m;
    m.tags = std::move(tags);
    m.loudness = std::move(loudness);
    m.rate = first.format.rate;
    m.channels = first.format.channels;
    m.samples = first.samples;
    m.chunk_samples = chunk_samples;
    const auto count = static_cast<std::size_t>(ogg::chunk_count(m.samples, chunk_samples));
    for (const auto& [kbps, track] : tracks_) {
        const auto differ = [&, kbps = kbps](const char* what, auto ours, auto theirs) {
            return Malformed{text("the renditions are of different recordings: ", first_kbps,
                                  " has ", ours, " ", what, ", ", kbps, " has ", theirs)};
        };
        if (track.format.rate != m.rate) return differ("Hz", m.rate, track.format.rate);
        if (track.format.channels != m.channels)
            return differ("channels", m.channels, track.format.channels);
        if (track.samples != m.samples) return differ("samples", m.samples, track.samples);
        if (track.rows.size() != count)
            return Malformed{
                text("rendition ", kbps, " has ", track.rows.size(), " chunks, not ", count)};
        for (std::size_t k = 0; k + 1 < count; ++k)
            if (track.rows[k].samples != chunk_samples)
                return Malformed{text("chunk ", k, " of ", kbps, " has ", track.rows[k].samples,
                                      " samples, not ", chunk_samples)};
        song::Rendition r;
        r.kbps = kbps;
        r.average_kbps =
            static_cast<int>(std::lround(static_cast<double>(track.body_bytes) * 8 * m.rate /
                                         static_cast<double>(m.samples) / 1000));
        r.header_bytes = track.header_bytes;
        r.index_sha256 = sha256(song::print_index(track.index));
        r.chunks = track.rows;
        m.renditions.push_back(std::move(r));
    }
    m.id = song::song_id(m);
    return m;
}

}  // namespace stretto::publish
