#include "audio/decoder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "audio/ffmpeg.hpp"
#include "base/file.hpp"
#include "base/progress.hpp"

namespace stretto::audio {
namespace {

constexpr double most_seconds = 24 * 3600;

struct FreeIo {
    void operator()(AVIOContext* io) const noexcept {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};

/// The file as FFmpeg sees it. No exception crosses its frames: a failed read is remembered.
struct Bytes {
    int fd = -1;
    std::int64_t at = 0, size = 0;
    std::optional<Error> failure;

    static int read(void* self, std::uint8_t* to, int n) noexcept {
        auto& bytes = *static_cast<Bytes*>(self);
        try {
            const auto got =
                read_at(bytes.fd, {to, static_cast<std::size_t>(n)}, bytes.at, "input");
            bytes.at += static_cast<std::int64_t>(got);
            return got == 0 ? AVERROR_EOF : static_cast<int>(got);
        } catch (const Error& e) {
            bytes.failure = e;
            return AVERROR(EIO);
        }
    }
    static std::int64_t seek(void* self, std::int64_t offset, int whence) noexcept {
        auto& bytes = *static_cast<Bytes*>(self);
        whence &= ~AVSEEK_FORCE;
        if (whence == AVSEEK_SIZE) return bytes.size;
        const std::int64_t to = offset + (whence == SEEK_CUR   ? bytes.at
                                          : whence == SEEK_END ? bytes.size
                                                               : 0);
        if (to < 0) return AVERROR(EINVAL);
        return bytes.at = to;
    }
};

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EPERM);
}

/// Demuxers whose input is a list of other things to open, or no bytes at all.
bool opens_others(const AVInputFormat* format) {
    static const std::set<std::string_view> refused = {
        "concat",      "hls",       "applehttp", "dash",       "image2",
        "image2pipe",  "alias_pix", "sdp",       "rtsp",       "rtp",
        "sap",         "imf",       "lavfi",     "ffmetadata", "webm_dash_manifest",
        "vapoursynth", "avisynth",  "tty",       "bluray",     "libcdio"};
    if (format->flags & AVFMT_NOFILE) return true;
    std::string_view names = format->name;
    while (!names.empty()) {
        const auto comma = names.find(',');
        if (refused.contains(names.substr(0, comma))) return true;
        names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
    }
    return false;
}

/// Formats whose header tells the exact number of samples.
bool exact(const AVInputFormat* format) {
    static const std::set<std::string_view> lossless = {"wav", "flac", "aiff", "w64", "caf",
                                                        "wv",  "tta",  "au",   "rf64"};
    return lossless.contains(format->name);
}

std::string vorbis_key(std::string_view key) {
    static const std::pair<std::string_view, std::string_view> renamed[] = {
        {"ALBUM_ARTIST", "ALBUMARTIST"},
        {"TRACK", "TRACKNUMBER"},
        {"DISC", "DISCNUMBER"},
        {"COMMENT", "DESCRIPTION"}};
    std::string upper;
    for (char c : key) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const auto& [from, to] : renamed)
        if (upper == from) return std::string{to};
    return upper;
}

bool wanted(std::string_view key) {
    static const std::set<std::string_view> technical = {
        "ENCODER",   "MAJOR_BRAND",   "MINOR_VERSION",    "COMPATIBLE_BRANDS",      "HANDLER_NAME",
        "VENDOR_ID", "CREATION_TIME", "DURATION",         "METADATA_BLOCK_PICTURE", "COVERART",
        "TIMECODE",  "BPS",           "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES"};
    const bool legal = !key.empty() && std::ranges::all_of(key, [](char c) {
        return c >= 0x20 && c <= 0x7d && c != '=';
    });
    // gain is ours to say: it changes here
    return legal && !technical.contains(key) && !key.starts_with("REPLAYGAIN_") &&
           !key.starts_with("R128_") && !key.starts_with("STRETTO_") &&
           !key.starts_with("_STATISTICS") && !key.starts_with("ITUN");
}

void add_tags(std::set<std::string>& to, std::set<std::string>& keys, const AVDictionary* from,
              std::size_t& room) {
    std::set<std::string> ours;
    const AVDictionaryEntry* entry = nullptr;
    while ((entry = av_dict_get(from, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        const auto key = vorbis_key(entry->key);
        const auto tag = key + "=" + entry->value;
        if (!wanted(key) || keys.contains(key) || tag.size() > 8192 || tag.size() > room) continue;
        room -= tag.size();
        to.insert(tag);
        ours.insert(key);
    }
    keys.merge(ours);
}

}  // namespace

struct Decoder::State {
    Bytes bytes;
    std::string subject;
    Options options;
    std::unique_ptr<AVIOContext, FreeIo> io;  // outlives the demuxer
    Demuxer demuxer;
    AVStream* stream = nullptr;
    Codec codec;
    Frame frame{av_frame_alloc()};
    Packet packet{av_packet_alloc()};
    Resampler resampler;
    AVChannelLayout in_layout{};
    int in_rate = 0, in_format = -1;
    int channels = 0;
    std::int64_t decoded = 0;  // samples, at the source's rate
    double furthest = 0;       // seconds: the end of any packet of any stream
    bool draining = false, ended = false;
    std::vector<std::string> damage;

    ~State() { av_channel_layout_uninit(&in_layout); }

    Error wrong(const std::string& why) const { return bad_data(subject, why); }
    double seconds() const { return in_rate ? static_cast<double>(decoded) / in_rate : 0; }

    void damaged(const std::string& why) {
        if (bytes.failure) throw Error{EX_IOERR, text("cannot read '", subject, "'")};
        if (!options.keep_going) throw wrong(why);
        if (damage.size() < 100) damage.push_back(why);
    }

    void open() {
        io.reset(avio_alloc_context(static_cast<unsigned char*>(av_malloc(65536)), 65536, 0, &bytes,
                                    Bytes::read, nullptr, Bytes::seek));
        if (!io) throw std::bad_alloc{};
        const AVInputFormat* format = nullptr;
        // by content alone: the same bytes are the same song whatever they are called
        const int probed = av_probe_input_buffer2(io.get(), &format, "", nullptr, 0, 1 << 20);
        if (probed < 0 || !format)
            throw wrong(bytes.size == 0 ? "empty" : "not audio in any format known");
        if (opens_others(format))
            throw wrong(
                text("a ", format->name, " file only points at other files, which are not opened"));
        AVFormatContext* context = avformat_alloc_context();
        if (!context) throw std::bad_alloc{};
        context->pb = io.get();
        context->flags |= AVFMT_FLAG_CUSTOM_IO;
        context->io_open = refuse_to_open;
        context->protocol_whitelist = av_strdup("none");
        context->error_recognition = AV_EF_CRCCHECK;
        const int opened =
            avformat_open_input(&context, "", format, nullptr);  // frees it when it fails
        if (opened < 0) throw wrong(text("not readable as ", format->name, ": ", reason(opened)));
        demuxer.reset(context);
        if (const int found = avformat_find_stream_info(context, nullptr); found < 0)
            throw wrong(reason(found));
        const AVCodec* decoder = nullptr;
        const int best = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
        if (best < 0 || !decoder)
            throw wrong(text("no audio in it that can be decoded (", format->name, ")"));
        stream = context->streams[best];
        codec.reset(avcodec_alloc_context3(decoder));
        if (!codec) throw std::bad_alloc{};
        check(avcodec_parameters_to_context(codec.get(), stream->codecpar),
              "avcodec_parameters_to_context");
        codec->pkt_timebase = stream->time_base;
        codec->thread_count = 1;
        codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER |
                                 (options.keep_going ? 0 : AV_EF_EXPLODE);
        if (const int ok = avcodec_open2(codec.get(), decoder, nullptr); ok < 0)
            throw wrong(reason(ok));
        channels = stream->codecpar->ch_layout.nb_channels == 1 ? 1 : 2;
    }

    void open_resampler() {
        av_channel_layout_uninit(&in_layout);
        check(av_channel_layout_copy(&in_layout, &frame->ch_layout), "av_channel_layout_copy");
        if (in_layout.order == AV_CHANNEL_ORDER_UNSPEC || in_layout.nb_channels == 2) {
            const int n = in_layout.nb_channels;
            av_channel_layout_uninit(&in_layout);
            av_channel_layout_default(&in_layout, n);
        }
        in_rate = frame->sample_rate;
        in_format = frame->format;
        AVChannelLayout out{};
        av_channel_layout_default(&out, channels);
        SwrContext* swr = nullptr;
        check(swr_alloc_set_opts2(&swr, &out, AV_SAMPLE_FMT_FLT, options.rate, &in_layout,
                                  static_cast<AVSampleFormat>(in_format), in_rate, 0, nullptr),
              "swr_alloc_set_opts2");
        resampler.reset(swr);
        if (in_rate != options.rate) {
            check(av_opt_set_int(swr, "resampler", SWR_ENGINE_SOXR, 0), "soxr");
            check(av_opt_set_double(swr, "precision", 20, 0), "soxr");
        }
        // ITU-R BS.775: center and surrounds at -3 dB; the level is loudness's business, so nothing
        // is scaled down here
        check(av_opt_set_double(swr, "rematrix_maxval", 1000, 0), "rematrix_maxval");
        check(swr_init(swr), "swr_init");
    }

    /// @param from  nullptr: what the resampler still holds
    void convert(const AVFrame* from, std::vector<float>& samples) {
        if (!resampler) return;
        const int n = from ? from->nb_samples : 0;
        const int room =
            check(swr_get_out_samples(resampler.get(), n), "swr_get_out_samples") + 256;
        const std::size_t had = samples.size();
        const auto width = static_cast<std::size_t>(channels);
        samples.resize(had + static_cast<std::size_t>(room) * width);
        auto* out = reinterpret_cast<std::uint8_t*>(samples.data() + had);
        const int got = check(
            swr_convert(resampler.get(), &out, room,
                        from ? const_cast<const std::uint8_t**>(from->extended_data) : nullptr, n),
            "swr_convert");
        samples.resize(had + static_cast<std::size_t>(got) * width);
        if (!from && got > 0) convert(nullptr, samples);  // until it is empty
    }

    void take_frame(std::vector<float>& samples) {
        if (frame->decode_error_flags || (frame->flags & AV_FRAME_FLAG_CORRUPT))
            damaged(text("damaged at ", clock_text(seconds())));
        if (frame->ch_layout.nb_channels < 1 || frame->sample_rate < 1)
            return damaged("a frame without channels or rate");
        if (!resampler || frame->sample_rate != in_rate || frame->format != in_format ||
            frame->ch_layout.nb_channels != in_layout.nb_channels) {
            convert(nullptr, samples);
            if (in_rate) decoded = decoded * frame->sample_rate / in_rate;
            open_resampler();
        }
        decoded += frame->nb_samples;
        if (seconds() > most_seconds) throw wrong("longer than 24 hours");
        const std::size_t had = samples.size();
        convert(frame.get(), samples);
        check_numbers(samples, had);
    }

    void check_numbers(std::vector<float>& samples, std::size_t from) {
        bool finite = true;
        for (std::size_t i = from; i < samples.size(); ++i)
            finite &= std::abs(samples[i]) < 1e6F;  // false for NaN
        if (finite) return;
        damaged(text("samples that are no numbers at ", clock_text(seconds())));
        for (std::size_t i = from; i < samples.size(); ++i)
            if (!(std::abs(samples[i]) < 1e6F)) samples[i] = 0;
    }

    /// Feed the decoder a packet, or the end.
    void feed() {
        const int got = av_read_frame(demuxer.get(), packet.get());
        if (got < 0) {
            if (got != AVERROR_EOF)
                damaged(text("unreadable after ", clock_text(seconds()), ": ", reason(got)));
            draining = true;
            avcodec_send_packet(codec.get(), nullptr);
            return;
        }
        const AVStream* from = demuxer->streams[packet->stream_index];
        if (packet->pts != AV_NOPTS_VALUE)
            furthest = std::max(furthest, static_cast<double>(packet->pts + packet->duration) *
                                              av_q2d(from->time_base));
        if (from == stream) {
            if (packet->flags & AV_PKT_FLAG_CORRUPT)
                damaged(text("damaged at ", clock_text(seconds())));
            if (const int sent = avcodec_send_packet(codec.get(), packet.get());
                sent < 0 && sent != AVERROR_EOF)
                damaged(text("damaged at ", clock_text(seconds()), ": ", reason(sent)));
        }
        av_packet_unref(packet.get());
    }

    void check_length() {
        if (decoded == 0) throw wrong("no sample of audio in it");
        const double promised =
            stream->duration > 0 ? static_cast<double>(stream->duration) * av_q2d(stream->time_base)
                                 : 0;
        const bool told = demuxer->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
        const double there = seconds();
        if (promised > 0 && told) {
            // what writes a WAV into a pipe promises 2 or 4 GB, as it cannot know
            const bool open_end =
                exact(demuxer->iformat) &&
                promised * in_rate * std::max(1, stream->codecpar->block_align) >= 2147400000.0;
            const double slack = exact(demuxer->iformat) ? 0.5 / in_rate : 0.25;
            if (!open_end && there + slack < promised)
                damaged(text("cut short: the header promises ", clock_text(promised), ", and ",
                             there < 10 ? "only " : "", clock_text(there), " are there"));
        } else if (told && demuxer->duration > 0) {
            const double all = static_cast<double>(demuxer->duration) / AV_TIME_BASE;
            if (furthest + 1 < all)
                damaged(text("cut short: the header promises ", clock_text(all), ", and ",
                             clock_text(furthest), " are there"));
        }
    }

    bool next(std::vector<float>& samples) {
        samples.clear();
        while (samples.empty() && !ended) {
            const int got = avcodec_receive_frame(codec.get(), frame.get());
            if (got == 0) {
                take_frame(samples);
            } else if (got == AVERROR(EAGAIN)) {
                feed();
            } else if (got == AVERROR_EOF || draining) {
                ended = true;
                convert(nullptr, samples);
                check_length();
            } else {
                damaged(text("damaged at ", clock_text(seconds()), ": ", reason(got)));
            }
        }
        return !samples.empty();
    }
};

Decoder::Decoder(int fd, std::string subject, const Options& options)
    : state_(std::make_unique<State>()) {
    av_log_set_level(AV_LOG_QUIET);  // what FFmpeg has to say comes as one line of ours
    struct stat info;
    if (::fstat(fd, &info) != 0) throw system_error("read", subject);
    state_->bytes = {fd, 0, info.st_size, {}};
    state_->subject = std::move(subject);
    state_->options = options;
    state_->open();
}

Decoder::~Decoder() = default;

bool Decoder::next(std::vector<float>& samples) { return state_->next(samples); }
int Decoder::channels() const noexcept { return state_->channels; }
int Decoder::source_rate() const noexcept { return state_->stream->codecpar->sample_rate; }
int Decoder::source_channels() const noexcept {
    return state_->stream->codecpar->ch_layout.nb_channels;
}
const std::string& Decoder::format() const noexcept {
    static thread_local std::string name;
    return name = state_->demuxer->iformat->name;
}
double Decoder::expected_seconds() const noexcept {
    return state_->demuxer->duration > 0
               ? static_cast<double>(state_->demuxer->duration) / AV_TIME_BASE
               : 0;
}
const std::vector<std::string>& Decoder::damage() const noexcept { return state_->damage; }

std::vector<std::string> Decoder::tags() const {
    std::set<std::string> tags, keys;
    std::size_t room = 60000;
    add_tags(tags, keys, state_->stream->metadata, room);
    add_tags(tags, keys, state_->demuxer->metadata, room);
    return {tags.begin(), tags.end()};
}

}  // namespace stretto::audio
