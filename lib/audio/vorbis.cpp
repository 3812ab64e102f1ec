#include "audio/vorbis.hpp"

#include <vorbis/vorbisenc.h>

#include <algorithm>

#include "base/error.hpp"

namespace stretto::audio {
namespace {

struct Step {
    int kbps;
    float quality;
};
constexpr Step steps[] = {{45, -0.1F}, {64, 0.0F},  {80, 0.1F},  {96, 0.2F},
                          {112, 0.3F}, {128, 0.4F}, {160, 0.5F}, {192, 0.6F},
                          {224, 0.7F}, {256, 0.8F}, {320, 0.9F}, {500, 1.0F}};

void check(int code, const char* what) {
    if (code < 0) throw Error{EX_SOFTWARE, text(what, " failed: ", code)};
}

Bytes bytes_of(const ogg_packet& packet) { return {packet.packet, packet.packet + packet.bytes}; }

}  // namespace

std::optional<float> quality_of(int kbps) {
    for (const auto& step : steps)
        if (step.kbps == kbps) return step.quality;
    return {};
}

std::vector<int> known_kbps() {
    std::vector<int> all;
    for (const auto& step : steps) all.push_back(step.kbps);
    return all;
}

struct VorbisEncoder::State {
    vorbis_info info;
    vorbis_dsp_state dsp;
    vorbis_block block;
    int channels;
    bool started = false;

    State() { vorbis_info_init(&info); }
    ~State() {
        if (started) {
            vorbis_block_clear(&block);
            vorbis_dsp_clear(&dsp);
        }
        vorbis_info_clear(&info);
    }

    void drain(const Take& take) {
        for (int more; (more = vorbis_analysis_blockout(&dsp, &block)) != 0;) {
            check(more, "vorbis_analysis_blockout");
            check(vorbis_analysis(&block, nullptr), "vorbis_analysis");
            check(vorbis_bitrate_addblock(&block), "vorbis_bitrate_addblock");
            ogg_packet packet;
            while (vorbis_bitrate_flushpacket(&dsp, &packet) == 1)
                take({packet.packet, static_cast<std::size_t>(packet.bytes)}, packet.granulepos,
                     packet.e_o_s != 0);
        }
    }
};

VorbisEncoder::VorbisEncoder(int rate, int channels, int kbps) : state_(std::make_unique<State>()) {
    state_->channels = channels;
    if (vorbis_encode_init_vbr(&state_->info, channels, rate, quality_of(kbps).value_or(0.5F)) != 0)
        throw Error{EX_USAGE, text("libvorbis cannot encode ", channels, " channels of ", rate,
                                   " Hz at quality step ", kbps)};
    check(vorbis_analysis_init(&state_->dsp, &state_->info), "vorbis_analysis_init");
    check(vorbis_block_init(&state_->dsp, &state_->block), "vorbis_block_init");
    state_->started = true;
}

VorbisEncoder::~VorbisEncoder() = default;
VorbisEncoder::VorbisEncoder(VorbisEncoder&&) noexcept = default;

std::array<Bytes, 3> VorbisEncoder::headers(const std::vector<std::string>& comments) {
    vorbis_comment list;
    vorbis_comment_init(&list);
    for (const auto& comment : comments) vorbis_comment_add(&list, comment.c_str());
    ogg_packet identification, comment, setup;
    const int code =
        vorbis_analysis_headerout(&state_->dsp, &list, &identification, &comment, &setup);
    vorbis_comment_clear(&list);
    check(code, "vorbis_analysis_headerout");
    return {bytes_of(identification), bytes_of(comment), bytes_of(setup)};
}

void VorbisEncoder::add(std::span<const float> samples, float gain, const Take& take) {
    // samples a channel at a time: with each block, libvorbis moves all that it was given and has
    // not encoded; 4096 cost 1 % more instructions, 16384 5 %
    constexpr std::size_t most = 1024;
    const auto channels = static_cast<std::size_t>(state_->channels);
    while (!samples.empty()) {
        const std::size_t n = std::min(most, samples.size() / channels);
        float** planes = vorbis_analysis_buffer(&state_->dsp, static_cast<int>(n));
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < n; ++i) planes[c][i] = samples[i * channels + c] * gain;
        check(vorbis_analysis_wrote(&state_->dsp, static_cast<int>(n)), "vorbis_analysis_wrote");
        state_->drain(take);
        samples = samples.subspan(n * channels);
    }
}

void VorbisEncoder::finish(const Take& take) {
    check(vorbis_analysis_wrote(&state_->dsp, 0), "vorbis_analysis_wrote");
    state_->drain(take);
}

}  // namespace stretto::audio
