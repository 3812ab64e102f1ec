#pragma once
// One logical Vorbis stream: pages go in, audio packets with their positions come out.
#include <deque>
#include <memory>
#include <optional>

#include "ogg/page.hpp"
#include "vorbis/headers.hpp"

namespace stretto::ogg {

/// The three header packets of a stream and what they say.
struct Headers {
    Bytes identification, comment, setup;
    vorbis::Identification format;
    vorbis::Blocks blocks;
};

/// An audio packet. `end` counts samples from the first that a listener hears: what has been
/// decoded once this packet is; the first packet of a stream decodes to nothing, so its end is 0,
/// or negative where the stream trims its start.
struct Packet {
    Bytes bytes;
    std::int64_t end = 0;
};

/// Vorbis packets above this are refused; real ones stay below 20 kB, and two of these fit in a
/// page.
constexpr std::size_t most_packet_bytes = 32000;

/// Strict: a lost page, a granule position that its packets do not add up to, or an end inside are
/// Malformed, for what is cut from such a stream could not decode to the samples it promises.
class VorbisStream {
   public:
    explicit VorbisStream(std::uint32_t serial);

    std::uint32_t serial() const noexcept { return serial_; }
    /// Take a page of this stream. An error message does not name the stream.
    Result<bool> add(const Page& page);
    /// nullptr until all three are there.
    const Headers* headers() const noexcept { return blocks_known_ ? &headers_ : nullptr; }
    /// Packets that came since the last call, oldest first. Positions are known page by page.
    std::vector<Packet> take();
    /// Samples in the whole stream, once its end was seen.
    std::optional<std::int64_t> samples() const noexcept { return samples_; }

   private:
    Result<bool> add_header(BytesView packet);
    Result<bool> settle(const Page& page);

    std::uint32_t serial_;
    std::unique_ptr<ogg_stream_state, Freed<ogg_stream_destroy>> state_;
    Headers headers_;
    bool blocks_known_ = false;
    int headers_seen_ = 0;
    std::uint32_t next_page_ = 0;
    std::size_t unfinished_ = 0;  // bytes of a packet that goes on on the next page
    std::vector<Packet>
        waiting_;  // packets since the last granule position; ends count decoded samples
    std::vector<Packet> ready_;
    int block_ = 0;  // size of the last packet's block, 0 before the first
    std::int64_t decoded_ = 0;
    std::int64_t settled_before_last_ = 0;
    bool origin_known_ = false;
    std::int64_t start_trim_ = 0;  // decoded samples before the first one heard
    std::int64_t granule_shift_ =
        0;  // granule position of the first sample heard (streams cut from longer ones)
    std::optional<std::int64_t> samples_;
};

}  // namespace stretto::ogg
