#include "vorbis/stream_decoder.hpp"

#include <ogg/ogg.h>
#include <vorbis/codec.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <new>

#include "vorbis/codebooks.hpp"

namespace stretto::vorbis {
namespace {

/// Real headers take 5 kB. Bounded, for libogg keeps a packet until its last page is there.
constexpr std::size_t most_header_bytes = 1u << 20;

using HeaderPackets = std::array<Bytes, 3>;

/// libvorbis, set up by three header packets.
class Vorbis {
   public:
    Vorbis() {
        vorbis_info_init(&info_);
        vorbis_comment_init(&comment_);
    }
    ~Vorbis() {
        if (started_) {
            vorbis_block_clear(&block_);
            vorbis_dsp_clear(&dsp_);
        }
        vorbis_comment_clear(&comment_);
        vorbis_info_clear(&info_);
    }
    Vorbis(const Vorbis&) = delete;

    Result<bool> start(HeaderPackets& headers) {
        if (auto ok = check_codebooks(headers[2]); !ok) return ok;
        for (std::size_t i = 0; i < 3; ++i) {
            ogg_packet packet{
                headers[i].data(),          static_cast<long>(headers[i].size()), i == 0, 0, 0,
                static_cast<ogg_int64_t>(i)};
            if (vorbis_synthesis_headerin(&info_, &comment_, &packet) != 0)
                return Malformed{"invalid Vorbis headers"};
        }
        if (vorbis_synthesis_init(&dsp_, &info_) != 0) return Malformed{"invalid codebooks"};
        vorbis_block_init(&dsp_, &block_);
        started_ = true;
        return true;
    }
    /// The next packet is the first of another stream.
    void restart() { vorbis_synthesis_restart(&dsp_); }

    /// Append the samples of a packet, interleaved; false if it is not audio.
    bool decode(ogg_packet packet, std::vector<float>& samples) {
        packet.granulepos = -1;  // libvorbis cuts nothing then: that is for the caller
        packet.e_o_s = 0;
        if (vorbis_synthesis(&block_, &packet) != 0 ||
            vorbis_synthesis_blockin(&dsp_, &block_) != 0)
            return false;
        float** planes = nullptr;
        const auto channels = static_cast<std::size_t>(info_.channels);
        for (int n; (n = vorbis_synthesis_pcmout(&dsp_, &planes)) > 0;) {
            const std::size_t had = samples.size(), frames = static_cast<std::size_t>(n);
            samples.resize(had + frames * channels);
            for (std::size_t c = 0; c < channels; ++c)
                for (std::size_t i = 0; i < frames; ++i)
                    samples[had + i * channels + c] = planes[c][i];
            vorbis_synthesis_read(&dsp_, n);
        }
        return true;
    }
    long rate() const noexcept { return info_.rate; }
    int channels() const noexcept { return info_.channels; }

   private:
    vorbis_info info_;
    vorbis_comment comment_;
    vorbis_dsp_state dsp_;
    vorbis_block block_;
    bool started_ = false;
};

bool all_numbers(std::span<const float> samples) {
    bool finite = true;
    for (const float sample : samples) finite &= std::abs(sample) < 1e6F;  // false for NaN
    return finite;
}

}  // namespace

struct StreamDecoder::State {
    const int rate, channels;
    ogg_sync_state sync;
    ogg_stream_state stream;
    HeaderPackets headers;    // of the stream under way, those that came
    HeaderPackets set_up_by;  // what `vorbis` was made of
    std::unique_ptr<Vorbis> vorbis;
    Part part;
    std::size_t packets = 0;       // header packets of this stream so far
    std::size_t header_bytes = 0;  // taken while there are less than 3
    bool fresh = true;             // no page of this stream yet
    bool any_audio = false;        // a page of audio came
    bool from_begin = true;        // the bytes began with the chunk
    bool ended = false;            // the last page came
    std::uint32_t next_page = 0;
    std::int64_t decoded = 0;  // sample of the chunk up to which it is decoded
    std::int64_t given = 0;    // and given out
    std::vector<float> page_samples;

    State(int rate, int channels) : rate(rate), channels(channels) {
        if (ogg_sync_init(&sync) != 0) throw std::bad_alloc{};
        if (ogg_stream_init(&stream, 0) != 0) throw std::bad_alloc{};
    }
    ~State() {
        ogg_stream_clear(&stream);
        ogg_sync_clear(&sync);
    }

    void begin(const Part& next, bool at_begin) {
        assert(0 <= next.from && next.from <= next.to);
        part = next;
        given = part.from;
        decoded = 0;
        packets = header_bytes = 0;
        fresh = true;
        any_audio = ended = false;
        from_begin = at_begin;
        ogg_sync_reset(&sync);
    }
    bool done() const { return given == part.to; }

    Result<bool> take(BytesView bytes, std::vector<float>& samples) {
        if (bytes.empty()) return true;
        char* to = ogg_sync_buffer(&sync, static_cast<long>(bytes.size()));
        if (!to) throw std::bad_alloc{};
        std::ranges::copy(bytes, to);
        ogg_sync_wrote(&sync, static_cast<long>(bytes.size()));
        ogg_page page;
        for (long got; !done() && (got = ogg_sync_pageseek(&sync, &page)) != 0;) {
            if (got < 0) return Malformed{"a damaged page"};
            if (auto ok = add_page(page, samples); !ok) return ok;
        }
        return true;
    }

    Result<bool> add_page(ogg_page& page, std::vector<float>& samples) {
        if (ended) return Malformed{"a page after the end"};
        const auto number = static_cast<std::uint32_t>(ogg_page_pageno(&page));
        if (fresh) {
            ogg_stream_reset_serialno(&stream, ogg_page_serialno(&page));
        } else if (number != next_page) {
            return Malformed{"a page is missing"};
        }
        fresh = false;
        next_page = number + 1;
        if (ogg_stream_pagein(&stream, &page) != 0) return Malformed{"a page of another stream"};
        return packets < 3 ? add_headers(page) : add_audio(page, samples);
    }

    Result<bool> add_headers(const ogg_page& page) {
        header_bytes += static_cast<std::size_t>(page.header_len + page.body_len);
        if (header_bytes > most_header_bytes) return Malformed{"headers without an end"};
        ogg_packet packet;
        for (int got; packets < 3 && (got = ogg_stream_packetout(&stream, &packet)) != 0;) {
            if (got < 0) return Malformed{"a truncated header"};
            headers[packets++].assign(packet.packet, packet.packet + packet.bytes);
        }
        if (packets < 3) return true;
        if (ogg_stream_packetpeek(&stream, nullptr) != 0)
            return Malformed{"audio among the headers"};
        return set_up();
    }

    /// Chunks of a rendition have the same headers: libvorbis is set up once for them all.
    Result<bool> set_up() {
        if (!vorbis || headers != set_up_by) {
            vorbis.reset();
            auto made = std::make_unique<Vorbis>();
            if (auto ok = made->start(headers); !ok) return ok;
            if (made->rate() != rate || made->channels() != channels)
                return Malformed{text(made->channels(), " channels of ", made->rate(),
                                      " Hz in a song of ", channels, " of ", rate, " Hz")};
            vorbis = std::move(made);
            set_up_by = headers;
        }
        vorbis->restart();
        return true;
    }

    Result<bool> add_audio(ogg_page& page, std::vector<float>& samples) {
        page_samples.clear();
        ogg_packet packet;
        std::size_t before_last = 0;  // samples before the page's last packet
        for (int got; (got = ogg_stream_packetout(&stream, &packet)) != 0;) {
            before_last = page_samples.size();
            if (got < 0 || !vorbis->decode(packet, page_samples))
                return Malformed{"a packet without audio"};
        }
        if (!all_numbers(page_samples)) return Malformed{"samples that are not numbers"};
        const auto width = static_cast<std::size_t>(channels);
        return place(page, static_cast<std::int64_t>(page_samples.size() / width),
                     static_cast<std::int64_t>(before_last / width), samples);
    }

    /// The granule position says which samples of the chunk they are.
    Result<bool> place(ogg_page& page, std::int64_t frames, std::int64_t before_last,
                       std::vector<float>& samples) {
        const std::int64_t granule = ogg_page_granulepos(&page);
        if (granule < 0) return Malformed{"a page of audio without a position"};
        ended = ogg_page_eos(&page) != 0;
        std::int64_t first = decoded;
        if (!any_audio) {
            if (ended && !from_begin) return Malformed{"nothing but the last page"};
            if (!ended) first = granule - frames;
            // a chunk's first page may begin before the chunk, and no page within it
            if (from_begin ? first > 0 : first < 0)
                return Malformed{"a first page with a wrong position"};
            if (!from_begin && part.first && first != *part.first)
                return Malformed{text("it begins with sample ", first, ", not ", *part.first)};
            if (first > part.from)
                return Malformed{text("it begins with sample ", first, ", after ", part.from)};
        }
        const std::int64_t end = first + frames;
        if (ended ? granule > end || granule <= first + before_last : granule != end)
            return Malformed{text("position ", granule, ", but its packets end at ", end)};
        any_audio = true;
        decoded = granule;
        give(first, std::min(granule, part.to), samples);
        if (ended && !done())
            return Malformed{text("it ends at sample ", granule, ", before ", part.to)};
        return true;
    }

    /// Of the page's samples, which begin with `first`, those up to `to` that are wanted.
    void give(std::int64_t first, std::int64_t to, std::vector<float>& samples) {
        if (to <= given) return;
        const auto width = static_cast<std::int64_t>(channels);
        samples.insert(samples.end(), page_samples.begin() + (given - first) * width,
                       page_samples.begin() + (to - first) * width);
        given = to;
    }
};

StreamDecoder::StreamDecoder(int rate, int channels)
    : state_(std::make_unique<State>(rate, channels)) {}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;

void StreamDecoder::begin(const Part& part) { state_->begin(part, true); }

Result<bool> StreamDecoder::begin(const Part& part, BytesView headers) {
    std::vector<float> none;
    state_->begin(part, false);
    if (auto ok = state_->take(headers, none); !ok) return ok;
    if (state_->packets < 3 || state_->any_audio || state_->sync.returned != state_->sync.fill)
        return Malformed{"incomplete headers, or data after the headers"};
    state_->fresh = true;  // the serial number is that of another chunk, perhaps
    return true;
}

Result<std::size_t> StreamDecoder::add(BytesView bytes, std::vector<float>& samples) {
    const std::int64_t before = state_->given;
    if (done()) return std::size_t{0};
    if (auto ok = state_->take(bytes, samples); !ok) return ok.error();
    return static_cast<std::size_t>(state_->given - before);
}

std::int64_t StreamDecoder::position() const noexcept { return state_->given; }
bool StreamDecoder::done() const noexcept { return state_->done(); }
int StreamDecoder::channels() const noexcept { return state_->channels; }

}  // namespace stretto::vorbis
