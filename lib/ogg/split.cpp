#include "ogg/split.hpp"

#include <algorithm>

namespace stretto::ogg {

void Splitter::add(Packet packet) { packets_.push_back(std::move(packet)); }

Result<std::optional<Chunk>> Splitter::next(const Headers& headers) {
    if (done() || packets_.empty()) return std::optional<Chunk>{};
    const std::int64_t from = index_ * chunk_samples_;
    std::int64_t to = from + chunk_samples_;
    if (samples_ && index_ + 1 == chunk_count(*samples_, chunk_samples_))
        to = *samples_;
    else if (!samples_ && 2 * reach() < 2 * to + chunk_samples_)
        return std::optional<Chunk>{};  // this may be the last chunk, and longer

    const auto after = [&](std::int64_t sample) {
        return std::partition_point(packets_.begin(), packets_.end(),
                                    [=](const Packet& p) { return p.end <= sample; });
    };
    auto first = after(from);
    auto last = std::partition_point(packets_.begin(), packets_.end(),
                                     [=](const Packet& p) { return p.end < to; });
    if (first == packets_.begin() || last == packets_.end() || first > last)
        return Malformed{text("no packets for samples ", from, " to ", to)};
    std::vector<const Packet*> used;
    for (auto p = first - 1; p <= last; ++p) used.push_back(&*p);
    // kbps and number together are unlike those of any neighbour
    const auto serial =
        static_cast<std::uint32_t>(kbps_) << 16 | static_cast<std::uint32_t>(index_ & 0xffff);
    auto chunk = write_chunk(headers, used, from, to - from, serial);
    if (!chunk) return chunk.error();
    auto facts = reader_.read(chunk->bytes, Crc::trust);
    if (!facts) return Malformed{text("chunk ", index_, ": ", facts.error().why)};
    chunk->facts = std::move(*facts);
    packets_.erase(packets_.begin(), after(to) - 1);
    ++index_;
    return std::optional{std::move(*chunk)};
}

}  // namespace stretto::ogg
