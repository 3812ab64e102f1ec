#include "audio/sink.hpp"

#include <cassert>

#include "audio/paced_sink.hpp"
#include "audio/sdl_sink.hpp"
#include "audio/sound_file.hpp"

namespace stretto::audio {

void Sink::write(std::span<const float> samples) {
    assert(samples.size() % static_cast<std::size_t>(format_.channels) == 0);
    if (samples.empty()) return;
    if (volume_ != 1) {
        scaled_.assign(samples.begin(), samples.end());
        for (auto& sample : scaled_) sample *= volume_;
        samples = scaled_;
    }
    put(samples);
    written_ += static_cast<std::int64_t>(samples.size()) / format_.channels;
}

Result<Output> parse_output(const std::string& spec) {
    using enum Output::Kind;
    if (spec == "sdl") return Output{device};
    if (spec == "null") return Output{nowhere};
    if (spec.size() > 4 && spec.starts_with("raw:")) return Output{raw, spec.substr(4)};
    if (spec == "wav:-") return Malformed{"a WAV file's header needs a file: use raw:-"};
    if (spec.size() > 4 && spec.starts_with("wav:")) return Output{wav, spec.substr(4)};
    return Malformed{"not sdl, null, wav:FILE, raw:FILE or raw:-"};
}

std::unique_ptr<Sink> open_sink(const Output& output, const Format& format, SinkOptions options) {
    std::unique_ptr<SoundFile> file;
    switch (output.kind) {
        case Output::Kind::device:
            return open_sdl_sink(format, std::move(options));
        case Output::Kind::nowhere:
            break;
        case Output::Kind::wav:
            file = create_wav(output.path, format);
            break;
        case Output::Kind::raw:
            file = create_raw(output.path, format);
            break;
    }
    return std::make_unique<PacedSink>(format, std::move(file), std::move(options));
}

}  // namespace stretto::audio
