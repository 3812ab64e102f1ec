#pragma once
// One logical Vorbis stream: pages go in, audio packets with their positions come out.
#include <deque>
#include <memory>
#include <optional>

#include "ogg/page.hpp"
#include "vorbis/headers.hpp"

namespace stretto::ogg {

/// The three header packets of a stream, and their content.
struct Headers {
    Bytes identification, comment, setup;
    vorbis::Identification format;
    vorbis::Blocks blocks;
};

/// An audio packet. `end` is the number of samples that are decoded after this packet, counted from
/// the first audible sample. The first packet of a stream yields no samples, so its end is 0, or
/// negative if the stream trims its start.
struct Packet {
    Bytes bytes;
    std::int64_t end = 0;
};

/// Larger Vorbis packets are refused. Real packets stay below 20 kB. Two packets of this size fit
/// in a page.
constexpr std::size_t most_packet_bytes = 32000;

/// A comment header may contain a picture; the other headers stay below 128 kB.
constexpr std::size_t most_comment_packet_bytes = 16u << 20;

/// Strict if samples would be lost: a lost page, packets that are missing by a granule position, or
/// a premature end are Malformed. Lenient like other programs: granule positions wrong by less than
/// a block, packets without audio, a missing first page number, a gap in the page numbers between
/// headers and audio (from oggz-chop). In these cases the packets determine the length of the
/// stream.
class VorbisStream {
   public:
    explicit VorbisStream(std::uint32_t serial);

    std::uint32_t serial() const noexcept { return serial_; }
    /// Add a page of this stream. An error message does not name the stream.
    Result<bool> add(const Page& page);
    /// nullptr until all three have arrived.
    const Headers* headers() const noexcept { return blocks_known_ ? &headers_ : nullptr; }
    /// Packets since the last call, oldest first. Positions become known page by page.
    std::vector<Packet> take();
    /// Samples of the whole stream, after its end has arrived.
    std::optional<std::int64_t> samples() const noexcept { return samples_; }

   private:
    Result<bool> add_header(BytesView packet);
    Result<bool> settle(const Page& page);
    Result<bool> end(std::int64_t granule);
    bool begins_late(const Page& page) const;

    std::uint32_t serial_;
    std::unique_ptr<ogg_stream_state, Freed<ogg_stream_destroy>> state_;
    Headers headers_;
    bool blocks_known_ = false;
    int headers_seen_ = 0;
    std::optional<std::uint32_t> next_page_;
    std::int64_t end_before_last_ = 0;  // decoded samples, without the last packet's
    std::size_t unfinished_ = 0;        // bytes of a packet that continues on the next page
    std::vector<Packet>
        waiting_;  // packets since the last granule position; ends count decoded samples
    std::vector<Packet> ready_;
    int block_ = 0;  // size of the last packet's block, 0 before the first
    std::int64_t decoded_ = 0;
    bool origin_known_ = false;
    std::int64_t start_trim_ = 0;  // decoded samples before the first one heard
    std::int64_t granule_shift_ =
        0;  // granule position of the first sample heard (streams cut from longer ones)
    std::optional<std::int64_t> samples_;
};

}  // namespace stretto::ogg
