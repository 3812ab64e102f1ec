#include "ogg/chunk.hpp"

#include <algorithm>

namespace stretto::ogg {
namespace {

/// Bytes of a page that holds just this packet.
std::int64_t page_bytes(std::size_t packet) {
    return static_cast<std::int64_t>(27 + packet / 255 + 1 + packet);
}

/// The packets that end on a page, none of which may come from the page before or go on after it.
Result<std::vector<BytesView>> whole_packets(const Page& page) {
    if (page.continued()) return Malformed{text("a packet across pages at byte ", page.offset)};
    std::vector<BytesView> packets;
    std::size_t begin = 0, end = 0;
    bool open = false;
    for (auto lace : page.lacing()) {
        end += lace;
        open = lace == 255;
        if (!open) packets.push_back(page.body.subspan(begin, end - begin)), begin = end;
    }
    if (open || packets.empty())
        return Malformed{text("a packet across pages at byte ", page.offset)};
    return packets;
}

/// Page by page: where it begins, what it holds, whether its granule is what its packets add up to.
class Walk {
   public:
    explicit Walk(Facts& facts) : facts_(facts) {}

    Result<bool> audio(const Page& page, const vorbis::Blocks& blocks) {
        auto packets = whole_packets(page);
        if (!packets) return packets.error();
        if (ended_) return Malformed{"pages after the end"};
        const bool first = pages_++ == 0;
        if (first && packets->size() != 2)
            return Malformed{"the first audio page does not hold two packets"};
        const std::int64_t before = end_;
        for (std::size_t i = 0; i < packets->size(); ++i) {
            const BytesView packet = (*packets)[i];
            const int size = blocks.size(packet);
            if (size == 0) return Malformed{text("a packet without audio at byte ", page.offset)};
            if (packet.size() > most_packet_bytes) return Malformed{"a packet too large"};
            before_last_ = end_;
            if (block_ != 0) end_ += vorbis::Blocks::samples(block_, size);
            block_ = size;
            if (first) facts_.first[i].assign(packet.begin(), packet.end());
            if (!first && i == 0 && before < UINT32_MAX) {
                // started here, a decoder is primed by this packet, and the next gives its first
                // samples
                facts_.pages.push_back(
                    {static_cast<std::uint32_t>(page.offset), static_cast<std::uint32_t>(end_)});
            }
            last_[0] = last_[1];
            last_[1] = packet;
        }
        if (page.granule() < 0)
            return Malformed{text("a negative granule position at byte ", page.offset)};
        if (first && !page.eos()) {
            facts_.trim = end_ - page.granule();
            if (facts_.trim < 0) return Malformed{"it declares more samples than it contains"};
            end_ -= facts_.trim;
            before_last_ -= facts_.trim;
            if (end_ <= 0) return Malformed{"its second packet ends before its first sample"};
        }
        if (page.eos()
                ? page.granule() > end_ || page.granule() <= before_last_ || page.granule() == 0
                : page.granule() != end_)
            return Malformed{text("the granule position at byte ", page.offset, " is ",
                                  page.granule(), ", but its packets end at ", end_)};
        if (first) facts_.first_end = end_;
        if (page.eos()) {
            ended_ = true;
            for (std::size_t i = 0; i < 2; ++i)
                facts_.last[i].assign(last_[i].begin(), last_[i].end());
            facts_.samples = page.granule();
            facts_.overhang = end_ - page.granule();
        }
        const auto size = static_cast<std::int64_t>(page.size());
        facts_.first_body_bytes += size;
        ++facts_.first_body_pages;
        if (!first) {
            facts_.body_bytes += size;
            ++facts_.body_pages;
        } else if (facts_.trim == 0) {
            facts_.body_bytes = page_bytes(facts_.first[1].size());
            facts_.body_pages = 1;
        }
        return true;
    }
    bool ended() const { return ended_; }

   private:
    Facts& facts_;
    int pages_ = 0;
    int block_ = 0;
    bool ended_ = false;
    std::int64_t end_ = 0;
    std::int64_t before_last_ = 0;
    BytesView last_[2];
};

}  // namespace

std::vector<Piece> pieces(const Facts& facts, std::size_t chunk_bytes, int rate) {
    constexpr std::size_t least_bytes = 8192;
    const auto long_enough = [&](Piece from, std::size_t bytes_end, std::int64_t samples_end) {
        return bytes_end - from.offset >= least_bytes && samples_end - from.first_sample >= rate;
    };
    std::vector<Piece> rows{facts.pages.front()};
    for (std::size_t i = 1; i + 1 < facts.pages.size(); ++i) {  // never the last page
        const Piece page = facts.pages[i];
        if (long_enough(rows.back(), page.offset, page.first_sample) &&
            long_enough(page, chunk_bytes, facts.samples))
            rows.push_back(page);
    }
    return rows;
}

Result<Chunk> write_chunk(const Headers& headers, std::span<const Packet* const> packets,
                          std::int64_t from, std::int64_t samples, std::uint32_t serial) {
    if (packets.size() < 2)
        return Malformed{
            text("samples ", from, " to ", from + samples, " contain fewer than two packets")};
    const bool whole = packets.size() == 2;
    if (whole && packets[0]->end != from)
        return Malformed{"the chunk is too short for its packets: use a longer duration"};
    const std::int64_t half_second = headers.format.rate / 2;
    Chunk chunk;
    std::size_t most = 2 * 65536;  // more than headers and lacing take
    for (const auto* packet : packets) most += packet->bytes.size();
    chunk.bytes.reserve(most);
    Packer packer{serial};
    packer.add(headers.identification, 0);
    packer.flush(chunk.bytes);
    packer.add(vorbis::print_comments("stretto", {}), 0);
    packer.add(headers.setup, 0);
    packer.flush(chunk.bytes);
    packer.add(packets[0]->bytes, 0);
    std::int64_t page_from = packets[1]->end - from;
    packer.add(packets[1]->bytes, whole ? samples : page_from, whole);
    packer.flush(chunk.bytes);
    for (std::size_t i = 2; i < packets.size(); ++i) {
        const bool last = i + 1 == packets.size();
        const std::int64_t end = packets[i]->end - from;
        if (!packer.empty() &&
            (end - page_from > half_second || !packer.fits(packets[i]->bytes.size()))) {
            packer.flush(chunk.bytes);
            page_from = packets[i - 1]->end - from;
        }
        packer.add(packets[i]->bytes, last ? samples : end, last);
    }
    packer.flush(chunk.bytes);
    return chunk;
}

Result<Facts> ChunkReader::read(BytesView bytes, Crc crc) {
    if (bytes.size() > UINT32_MAX) return Malformed{"too large"};
    PageReader reader{bytes, crc};
    Facts facts;
    facts.pages.push_back({0, 0});
    Walk walk{facts};
    std::uint32_t serial = 0, number = 0;
    std::vector<Bytes> header;  // the three packets
    for (;;) {
        auto next = reader.next();
        if (!next) return next.error();
        if (!*next) break;
        const Page& page = **next;
        if (number == 0) serial = page.serial();
        if (page.serial() != serial) return Malformed{"it contains more than one stream"};
        if (page.number() != number++) return Malformed{text("page ", number - 1, " is missing")};
        if (page.bos() != (number == 1))
            return Malformed{"its first page is not marked as the first, or another page is"};
        if (header.size() == 3) {
            if (facts.header_bytes == 0)
                facts.header_bytes = static_cast<std::int64_t>(page.offset);
            if (auto ok = walk.audio(page, headers_.blocks); !ok) return ok.error();
            continue;
        }
        auto packets = whole_packets(page);
        if (!packets) return packets.error();
        if (packets->size() != (number == 1 ? 1u : 2u) || page.granule() != 0 || page.eos())
            return Malformed{"its header pages do not have the layout of a chunk"};
        for (auto packet : *packets) header.emplace_back(packet.begin(), packet.end());
        if (header.size() < 3) continue;
        if (header[1] != vorbis::print_comments("stretto", {}))
            return Malformed{"its comment header is not that of a chunk"};
        changed_ = !known_ || header[0] != headers_.identification || header[2] != headers_.setup;
        if (!changed_) continue;
        known_ = false;
        auto format = vorbis::parse_identification(header[0]);
        if (!format) return format.error();
        auto blocks = vorbis::Blocks::parse(header[0], header[2]);
        if (!blocks) return blocks.error();
        headers_ = {header[0], header[1], header[2], *format, std::move(*blocks)};
        known_ = true;
    }
    if (!walk.ended()) return Malformed{"no end-of-stream page (truncated)"};
    return facts;
}

}  // namespace stretto::ogg
