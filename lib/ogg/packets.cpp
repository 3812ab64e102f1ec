#include "ogg/packets.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace stretto::ogg {
namespace {

ogg_stream_state* new_stream(std::uint32_t serial) {
    auto* stream = static_cast<ogg_stream_state*>(std::malloc(sizeof(ogg_stream_state)));
    if (!stream || ogg_stream_init(stream, static_cast<int>(serial)) != 0) {
        std::free(stream);
        throw std::bad_alloc{};
    }
    return stream;
}

}  // namespace

VorbisStream::VorbisStream(std::uint32_t serial) : serial_(serial), state_(new_stream(serial)) {}

/// A cut in front of the audio is not a loss.
bool VorbisStream::begins_late(const Page& page) const {
    return headers_seen_ == 3 && block_ == 0 && unfinished_ == 0 && page.number() > *next_page_;
}

Result<bool> VorbisStream::add(const Page& page) {
    if (samples_)
        return Malformed{text("a page after the end of the stream at byte ", page.offset)};
    const bool first = !next_page_;
    if (first) next_page_ = page.number();
    if (first || begins_late(page)) {
        next_page_ = page.number();
        ogg_stream_reset(state_.get());
    }
    if (page.number() != *next_page_)
        return Malformed{text("page ", *next_page_, " is missing at byte ", page.offset)};
    if (page.continued() != (unfinished_ > 0))
        return Malformed{text("the packet across the page at byte ", page.offset, " is broken")};
    ++*next_page_;
    unfinished_ =
        page.lacing().empty() || page.lacing().back() < 255 ? 0 : unfinished_ + page.body.size();
    if (unfinished_ > (headers_seen_ == 1 ? most_comment_packet_bytes : 2 * 65536))
        return Malformed{text("a packet too large at byte ", page.offset)};
    ogg_page raw = page.raw();
    if (ogg_stream_pagein(state_.get(), &raw) != 0)
        return Malformed{text("a page that does not fit at byte ", page.offset)};
    ogg_packet packet;
    for (int got; (got = ogg_stream_packetout(state_.get(), &packet)) != 0;) {
        if (got < 0) return Malformed{text("a packet is lost at byte ", page.offset)};
        const BytesView bytes{packet.packet, static_cast<std::size_t>(packet.bytes)};
        if (headers_seen_ < 3) {
            if (auto ok = add_header(bytes); !ok) return ok;
            continue;
        }
        if (bytes.size() > most_packet_bytes)
            return Malformed{text("a packet of ", bytes.size(), " bytes at byte ", page.offset)};
        const int size = headers_.blocks.size(bytes);
        if (size == 0) continue;  // no audio: decoders pass over it
        end_before_last_ = decoded_;
        if (block_ != 0) decoded_ += vorbis::Blocks::samples(block_, size);
        block_ = size;
        waiting_.push_back({{bytes.begin(), bytes.end()}, decoded_});
    }
    return headers_seen_ < 3 && !page.eos() ? Result<bool>{true} : settle(page);
}

Result<bool> VorbisStream::add_header(BytesView packet) {
    Bytes& kept = headers_seen_ == 0   ? headers_.identification
                  : headers_seen_ == 1 ? headers_.comment
                                       : headers_.setup;
    kept.assign(packet.begin(), packet.end());
    if (headers_seen_ == 0) {
        auto format = vorbis::parse_identification(packet);
        if (!format) return format.error();
        headers_.format = *format;
    } else if (headers_seen_ == 1) {
        if (auto comments = vorbis::parse_comments(packet); !comments) return comments.error();
    } else {
        auto blocks = vorbis::Blocks::parse(headers_.identification, packet);
        if (!blocks) return blocks.error();
        headers_.blocks = std::move(*blocks);
        blocks_known_ = true;
    }
    ++headers_seen_;
    return true;
}

/// The page's granule position tells where its packets are; check it, and pass them on.
Result<bool> VorbisStream::settle(const Page& page) {
    if (page.granule() < 0 && !page.eos()) {
        if (waiting_.size() > 255)
            return Malformed{text("no granule position at byte ", page.offset)};
        return true;
    }
    const bool empty = waiting_.empty();
    if (page.granule() >= 0 && !empty) {
        if (!origin_known_ && !page.eos()) {
            start_trim_ = std::max<std::int64_t>(0, decoded_ - page.granule());
            granule_shift_ = std::max<std::int64_t>(0, page.granule() - decoded_);
        }
        const std::int64_t off = page.granule() - granule_shift_ - (decoded_ - start_trim_);
        if (off >= headers_.format.long_block ||
            (off <= -headers_.format.long_block && !page.eos()))
            return Malformed{text("samples up to ", page.granule() - granule_shift_,
                                  " declared but ", decoded_ - start_trim_, " found, at byte ",
                                  page.offset, " (a gap, or an edit that did not re-encode)")};
    }
    origin_known_ = origin_known_ || !empty;
    for (auto& packet : waiting_) {
        packet.end -= start_trim_;
        ready_.push_back(std::move(packet));
    }
    waiting_.clear();
    // a last page without a packet cuts nothing off, here as elsewhere
    return page.eos() ? end(empty ? -1 : page.granule()) : true;
}

/// The last granule position may cut off samples, no more than the last packet's.
Result<bool> VorbisStream::end(std::int64_t granule) {
    const std::int64_t all = decoded_ - start_trim_;
    const std::int64_t least = std::max<std::int64_t>(1, end_before_last_ - start_trim_);
    if (!origin_known_ || all < 1 || granule == 0) return Malformed{"it contains no audio"};
    samples_ = granule < 0 ? all : std::clamp(granule - granule_shift_, std::min(least, all), all);
    return true;
}

std::vector<Packet> VorbisStream::take() { return std::exchange(ready_, {}); }

}  // namespace stretto::ogg
