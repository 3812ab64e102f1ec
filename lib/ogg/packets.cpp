#include "ogg/packets.hpp"

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

Result<bool> VorbisStream::add(const Page& page) {
    if (samples_)
        return Malformed{text("a page after the end of the stream at byte ", page.offset)};
    if (page.number() != next_page_)
        return Malformed{text("page ", next_page_, " is missing at byte ", page.offset)};
    if (page.continued() != (unfinished_ > 0))
        return Malformed{text("the packet across the page at byte ", page.offset, " is broken")};
    ++next_page_;
    unfinished_ =
        page.lacing().empty() || page.lacing().back() < 255 ? 0 : unfinished_ + page.body.size();
    if (unfinished_ > 2 * 65536) return Malformed{text("a packet too large at byte ", page.offset)};
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
        if (size == 0) return Malformed{text("a packet that is no audio at byte ", page.offset)};
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
    if (waiting_.empty()) {
        if (page.eos() && !origin_known_) return Malformed{"no audio in it"};
        if (page.eos())
            samples_ =
                page.granule() >= 0 ? page.granule() - granule_shift_ : decoded_ - start_trim_;
        if (page.eos() && (*samples_ > decoded_ - start_trim_ || *samples_ <= settled_before_last_))
            return Malformed{"the end of the stream does not fit its packets"};
        return true;
    }
    if (page.granule() < 0) {
        if (page.eos() || waiting_.size() > 255)
            return Malformed{text("no granule position at byte ", page.offset)};
        return true;
    }
    if (!origin_known_ && !page.eos()) {
        start_trim_ = std::max<std::int64_t>(0, decoded_ - page.granule());
        granule_shift_ = std::max<std::int64_t>(0, page.granule() - decoded_);
    }
    origin_known_ = true;
    const std::int64_t position = page.granule() - granule_shift_, end = decoded_ - start_trim_;
    if (position > end || (position < end && !page.eos()))
        return Malformed{text("samples up to ", position, " promised and ", end, " there, at byte ",
                              page.offset, " (a gap, or an edit that did not re-encode)")};
    for (auto& packet : waiting_) {
        packet.end -= start_trim_;
        if (&packet != &waiting_.back()) settled_before_last_ = packet.end;
        ready_.push_back(std::move(packet));
    }
    if (page.eos()) {
        if (position <= 0) return Malformed{"no audio in it"};
        if (position <= settled_before_last_)
            return Malformed{text("the end of the stream cuts off more than its last packet")};
        samples_ = position;
    }
    settled_before_last_ = end;
    waiting_.clear();
    return true;
}

std::vector<Packet> VorbisStream::take() { return std::exchange(ready_, {}); }

}  // namespace stretto::ogg
