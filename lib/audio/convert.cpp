#include "audio/convert.hpp"

#include "audio/ffmpeg.hpp"

namespace stretto::audio {

struct Converter::State {
    Format from, to;
    Resampler resampler;  // none where the formats are the same

    void open() {
        AVChannelLayout in{}, out{};
        av_channel_layout_default(&in, from.channels);
        av_channel_layout_default(&out, to.channels);
        SwrContext* swr = nullptr;
        check(swr_alloc_set_opts2(&swr, &out, AV_SAMPLE_FMT_FLT, to.rate, &in, AV_SAMPLE_FMT_FLT,
                                  from.rate, 0, nullptr),
              "swr_alloc_set_opts2");
        resampler.reset(swr);
        if (from.rate != to.rate) {
            check(av_opt_set_int(swr, "resampler", SWR_ENGINE_SOXR, 0), "soxr");
            check(av_opt_set_double(swr, "precision", 20, 0), "soxr");
        }
        check(swr_init(swr), "swr_init");
    }

    /// @param frames  0: what the resampler still holds
    int convert(const float* in, int frames, std::vector<float>& out) {
        const int room =
            check(swr_get_out_samples(resampler.get(), frames), "swr_get_out_samples") + 256;
        const auto width = static_cast<std::size_t>(to.channels);
        const std::size_t had = out.size();
        out.resize(had + static_cast<std::size_t>(room) * width);
        auto* into = reinterpret_cast<std::uint8_t*>(out.data() + had);
        const auto* from_bytes = reinterpret_cast<const std::uint8_t*>(in);
        const int got =
            check(swr_convert(resampler.get(), &into, room, in ? &from_bytes : nullptr, frames),
                  "swr_convert");
        out.resize(had + static_cast<std::size_t>(got) * width);
        return got;
    }
};

Converter::Converter(const Format& from, const Format& to) : state_(new State{from, to, {}}) {
    if (from != to) state_->open();
}
Converter::~Converter() = default;
Converter::Converter(Converter&&) noexcept = default;

bool Converter::same() const noexcept { return !state_->resampler; }

void Converter::add(std::span<const float> samples, std::vector<float>& out) {
    if (same())
        out.insert(out.end(), samples.begin(), samples.end());
    else if (!samples.empty())
        state_->convert(samples.data(), static_cast<int>(samples.size()) / state_->from.channels,
                        out);
}

void Converter::finish(std::vector<float>& out) {
    if (same()) return;
    while (state_->convert(nullptr, 0, out) > 0) {
    }
}

}  // namespace stretto::audio
