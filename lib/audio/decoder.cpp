#include "audio/decoder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "audio/ffmpeg.hpp"
#include "audio/mp4.hpp"
#include "audio/stated.hpp"
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
struct Input {
    int fd = -1;
    std::int64_t at = 0, size = 0;
    std::vector<Patch> patches;
    std::optional<Error> failure;

    static int read(void* self, std::uint8_t* to, int n) noexcept {
        auto& bytes = *static_cast<Input*>(self);
        try {
            const auto got =
                read_at(bytes.fd, {to, static_cast<std::size_t>(n)}, bytes.at, "input");
            bytes.patch({to, got});
            bytes.at += static_cast<std::int64_t>(got);
            return got == 0 ? AVERROR_EOF : static_cast<int>(got);
        } catch (const Error& e) {
            bytes.failure = e;
            return AVERROR(EIO);
        }
    }
    void patch(std::span<std::uint8_t> read) const {
        const auto from = static_cast<std::uint64_t>(at);
        for (const auto& p : patches)
            for (std::size_t i = 0; i < p.bytes.size(); ++i)
                if (p.offset + i >= from && p.offset + i < from + read.size())
                    read[p.offset + i - from] = p.bytes[i];
    }
    static std::int64_t seek(void* self, std::int64_t offset, int whence) noexcept {
        auto& bytes = *static_cast<Input*>(self);
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

/// Frames one after the other without a header for the whole: nothing tells where they end but
/// that something else follows.
bool bare_frames(const AVInputFormat* format) {
    static const std::set<std::string_view> bare = {"mp3", "aac", "ac3", "eac3", "dts", "loas"};
    return bare.contains(format->name);
}

std::string vorbis_key(std::string_view key) {
    static const std::pair<std::string_view, std::string_view> renamed[] = {
        {"ALBUM_ARTIST", "ALBUMARTIST"}, {"TRACK", "TRACKNUMBER"}, {"DISC", "DISCNUMBER"}};
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
        if (!wanted(key) || keys.contains(key) || tag.size() > room) continue;
        room -= tag.size();
        to.insert(tag);
        ours.insert(key);
    }
    keys.merge(ours);
}

}  // namespace

struct Decoder::State {
    Input bytes;
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
    std::int64_t decoded = 0;            // samples, at the source's rate
    std::optional<std::int64_t> stated;  // as many as the format says there are, exactly
    std::int64_t skip = 0;               // decoded samples before the first
    double furthest = 0;                 // seconds: the end of any packet of any stream
    bool draining = false, ended = false;
    bool open_length = false;  // the header does not know its length
    std::optional<Wave> wave;
    bool torn = false;        // the last packet was not whole
    std::string suspicion;    // damage, if any audio follows it
    double suspicion_at = 0;  // seconds
    std::vector<std::string> damage, notes;

    ~State() { av_channel_layout_uninit(&in_layout); }

    Error wrong(const std::string& why) const { return bad_data(subject, why); }
    double seconds() const { return in_rate ? static_cast<double>(decoded) / in_rate : 0; }

    void damaged(const std::string& why) {
        if (bytes.failure) throw Error{EX_IOERR, text("cannot read '", subject, "'")};
        if (!options.keep_going) throw wrong(why);
        if (damage.size() < 100) damage.push_back(why);
    }

    /// What cannot be decoded is damage inside the audio and, behind it, only something else: tags
    /// that FFmpeg does not know, zeros, junk. Which of both the next frame tells, or the end.
    void suspect(const std::string& why) {
        if (bytes.failure) throw Error{EX_IOERR, text("cannot read '", subject, "'")};
        if (!suspicion.empty()) return;
        suspicion = why;
        suspicion_at = seconds();
    }
    void confirm_suspicion() {
        if (suspicion.empty()) return;
        damaged(std::exchange(suspicion, {}));
    }

    stretto::Bytes read_bytes(std::uint64_t offset, std::size_t n) const {
        stretto::Bytes read(n);
        read.resize(read_at(bytes.fd, read, static_cast<std::int64_t>(offset), "input"));
        return read;
    }

    void read_head() {
        const auto size = static_cast<std::uint64_t>(bytes.size);
        bytes.patches = audio::open_length(read_bytes(0, stated_head_bytes), size);
        wave = wave_samples([this](auto at, auto n) { return read_bytes(at, n); }, size);
        open_length = !bytes.patches.empty() || (wave && wave->open);
    }

    /// The first audio frame of an MP3 may say how much was encoded.
    void ask_mp3() {
        std::uint64_t at = 0;  // a tag may follow a tag
        for (int tags = 0; tags < 10; ++tags) {
            const auto tag = id3v2_bytes(read_bytes(at, 10));
            if (tag == 0) break;
            at += tag;
        }
        stated = mp3_samples(read_bytes(at, 2048));
    }

    const AVInputFormat* raw_format(AVDictionary** how) const {
        const AVInputFormat* format = av_find_input_format(options.raw->format.c_str());
        const bool pcm = format && std::string_view{format->long_name}.starts_with("PCM ");
        if (!pcm)
            throw Error{EX_USAGE, text("no raw samples are called '", options.raw->format, "'")};
        AVChannelLayout layout{};
        av_channel_layout_default(&layout, options.raw->channels);
        char name[64] = "";
        av_channel_layout_describe(&layout, name, sizeof name);
        av_channel_layout_uninit(&layout);
        check(av_dict_set_int(how, "sample_rate", options.raw->rate, 0), "av_dict_set");
        check(av_dict_set(how, "ch_layout", name, 0), "av_dict_set");
        return format;
    }

    /// The audio track to decode, and its decoder.
    int choose_track(const AVCodec** decoder) {
        AVFormatContext* context = demuxer.get();
        std::vector<int> tracks;
        for (unsigned i = 0; i < context->nb_streams; ++i)
            if (context->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
                tracks.push_back(static_cast<int>(i));
        int wanted = -1;
        if (options.track > 0) {
            if (static_cast<std::size_t>(options.track) > tracks.size())
                throw wrong(text("no audio track ", options.track, " in it, there ",
                                 tracks.size() == 1 ? "is" : "are", " ", tracks.size()));
            wanted = tracks[static_cast<std::size_t>(options.track) - 1];
        }
        const int best = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, wanted, -1, decoder, 0);
        if (best < 0 || !*decoder)
            throw wrong(text("no audio in it that can be decoded (", context->iformat->name, ")"));
        if (tracks.size() > 1 && options.track == 0) {
            const auto at = std::ranges::find(tracks, best) - tracks.begin() + 1;
            notes.push_back(text("of its ", tracks.size(), " audio tracks, number ", at,
                                 " was taken (--track chooses)"));
        }
        return best;
    }

    void open() {
        read_head();
        io.reset(avio_alloc_context(static_cast<unsigned char*>(av_malloc(65536)), 65536, 0, &bytes,
                                    Input::read, nullptr, Input::seek));
        if (!io) throw std::bad_alloc{};
        const AVInputFormat* format = nullptr;
        // by content alone: the same bytes are the same song whatever they are called
        AVDictionary* how = nullptr;
        if (options.raw) {
            format = raw_format(&how);
        } else if (av_probe_input_buffer2(io.get(), &format, "", nullptr, 0, 1 << 20) < 0 ||
                   !format) {
            throw wrong(bytes.size == 0 ? "empty" : "not audio in any format known");
        }
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
            avformat_open_input(&context, "", format, &how);  // frees it when it fails
        av_dict_free(&how);
        if (opened < 0) throw wrong(text("not readable as ", format->name, ": ", reason(opened)));
        demuxer.reset(context);
        if (const int found = avformat_find_stream_info(context, nullptr); found < 0)
            throw wrong(reason(found));
        const AVCodec* decoder = nullptr;
        stream = context->streams[choose_track(&decoder)];
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
        if (std::string_view{format->name} == "mp3") ask_mp3();
        if (std::string_view{format->name} == "ogg" && demuxer->nb_streams == 1 &&
            codec->codec_id == AV_CODEC_ID_VORBIS)
            ask_short_ogg();
    }

    /// Where all audio is in one page, FFmpeg counts back from its end, takes the padding for a
    /// delay, and cuts off up to a packet in front or leaves it on behind.
    void ask_short_ogg() {
        stated = ogg_page_samples([this](auto at, auto n) { return read_bytes(at, n); },
                                  static_cast<std::uint64_t>(bytes.size));
        if (stated) codec->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
    }

    /// MP4 and CAF know the samples between delay and padding: by iTunes' comment, or by the length
    /// of the track, in samples. FFmpeg gives whole packets.
    void ask_container() {
        const std::string_view name = demuxer->iformat->name;
        std::optional<TrackLength> track;
        if (name == "mov,mp4,m4a,3gp,3g2,mj2")
            track = mp4_track([this](auto at, auto n) { return read_bytes(at, n); },
                              static_cast<std::uint64_t>(bytes.size),
                              static_cast<std::uint32_t>(stream->id));
        else if (name == "caf" && stream->duration > 0 && stream->time_base.num == 1)
            track = {stream->duration, static_cast<std::uint32_t>(stream->time_base.den)};
        if (!track || in_rate % static_cast<int>(track->per_second) != 0) return;
        const std::int64_t all = track->ticks * (in_rate / static_cast<int>(track->per_second));
        stated = all;
        const AVDictionaryEntry* gap = av_dict_get(demuxer->metadata, "iTunSMPB", nullptr, 0);
        const auto itunes = gap ? parse_itunsmpb(gap->value) : std::nullopt;
        if (!itunes || itunes->samples > all) return;
        // without an edit list the comment alone tells
        if (all == itunes->delay + itunes->samples + itunes->padding) {
            if (stream->start_time < itunes->delay) skip = itunes->delay;  // else FFmpeg does
            stated = itunes->samples;
        }
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
        if (stated && !torn && decoded - skip >= *stated) return;  // padding, or junk that decodes
        confirm_suspicion();
        if (frame->decode_error_flags || (!torn && (frame->flags & AV_FRAME_FLAG_CORRUPT)))
            damaged(text("damaged at ", clock_text(seconds())));
        if (frame->ch_layout.nb_channels < 1 || frame->sample_rate < 1)
            return damaged("a frame without channels or rate");
        if (!resampler || frame->sample_rate != in_rate || frame->format != in_format ||
            frame->ch_layout.nb_channels != in_layout.nb_channels) {
            convert(nullptr, samples);
            if (in_rate) decoded = decoded * frame->sample_rate / in_rate;
            const bool first = in_rate == 0;
            open_resampler();
            if (first) ask_container();
        }
        const std::int64_t before = decoded;
        decoded += frame->nb_samples;
        trim(before);
        if (seconds() > most_seconds) throw wrong("longer than 24 hours");
        const std::size_t had = samples.size();
        convert(frame.get(), samples);
        check_numbers(samples, had);
    }

    /// Leave of the frame what lies between the delay and the padding.
    void trim(std::int64_t before) {
        const int all = frame->nb_samples;
        const auto head = static_cast<int>(std::clamp<std::int64_t>(skip - before, 0, all));
        const auto tail = static_cast<int>(
            stated ? std::clamp<std::int64_t>(decoded - skip - *stated, 0, all - head) : 0);
        if (head > 0) {
            const int planes = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame->format))
                                   ? frame->ch_layout.nb_channels
                                   : 1;
            const int width = av_get_bytes_per_sample(static_cast<AVSampleFormat>(frame->format)) *
                              (planes == 1 ? frame->ch_layout.nb_channels : 1);
            for (int i = 0; i < planes; ++i) frame->extended_data[i] += head * width;
        }
        frame->nb_samples = all - head - tail;
        decoded -= tail;
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

    /// An Ogg stream may hold packets that are no audio, which decoders are to pass over.
    bool sounds(const AVPacket& packet) const {
        return packet.size > 0 &&
               (codec->codec_id != AV_CODEC_ID_VORBIS || (packet.data[0] & 1) == 0);
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
        if (from == stream && sounds(*packet)) {
            if (torn) damaged(text("damaged at ", clock_text(seconds())));
            torn = packet->flags & AV_PKT_FLAG_CORRUPT;
            if (const int sent = avcodec_send_packet(codec.get(), packet.get());
                sent < 0 && sent != AVERROR_EOF)
                suspect(text("damaged at ", clock_text(seconds()), ": ", reason(sent)));
        }
        av_packet_unref(packet.get());
    }

    void check_length() {
        if (decoded - skip <= 0) throw wrong("no sample of audio in it");
        const double promised =
            stream->duration > 0 ? static_cast<double>(stream->duration) * av_q2d(stream->time_base)
                                 : 0;
        const auto how = demuxer->duration_estimation_method;
        const bool lossless = exact(demuxer->iformat);
        // what writes a WAV into a pipe promises 2 or 4 GB, as it cannot know, or nothing
        open_length = open_length || options.raw || promised == 0;
        const bool caf = std::string_view{demuxer->iformat->name} == "caf";
        const bool ogg = std::string_view{demuxer->iformat->name} == "ogg";  // its pages tell
        bool known = !ogg && !open_length && (wave || how == AVFMT_DURATION_FROM_STREAM);
        double there = seconds() - static_cast<double>(skip) / in_rate;
        double length = stated ? static_cast<double>(*stated) / in_rate : promised;
        if (wave && wave->cut && pcm())  // FFmpeg goes by the size of the file
            length = static_cast<double>(wave->bytes) / frame_bytes() / in_rate;
        double slack = lossless && !(caf && !pcm()) ? 0.5 / in_rate : 0.25;
        if (promised == 0 && how != AVFMT_DURATION_FROM_BITRATE && demuxer->duration > 0 && !ogg) {
            // no length for the track but for all
            known = true;
            length = static_cast<double>(demuxer->duration) / AV_TIME_BASE;
            there = furthest;
            slack = 1;
        }
        known = known || stated;
        const bool whole = known && there + slack >= length;
        if (known && !whole)
            damaged(text("cut short: the header promises ", clock_text(length), ", and ",
                         there < 10 ? "only " : "", clock_text(there), " are there"));
        settle_end(whole, bare_frames(demuxer->iformat) || options.raw ||
                              (open_length && lossless && pcm()));
        if (!known && !ogg && !options.raw)
            notes.push_back("its length is not declared, so a truncation would not be noticed");
    }

    bool pcm() const { return av_get_exact_bits_per_sample(stream->codecpar->codec_id) > 0; }
    double frame_bytes() const { return std::max(1, stream->codecpar->block_align); }

    /// @param whole  all that is promised is there;  @param bare  nothing promises anything
    void settle_end(bool whole, bool bare) {
        if (torn && !whole && !bare) damaged(text("damaged at ", clock_text(seconds())));
        if (suspicion.empty()) return;
        if (!whole && !bare) return confirm_suspicion();
        if (!pcm())
            notes.push_back(text("skipped data after the audio at ", clock_text(suspicion_at),
                                 " that is not audio"));
        suspicion.clear();
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
                suspect(text("damaged at ", clock_text(seconds()), ": ", reason(got)));
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
    state_->bytes = {fd, 0, info.st_size, {}, {}};
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
const std::vector<std::string>& Decoder::notes() const noexcept { return state_->notes; }

stretto::Bytes Decoder::cover() const {
    const AVPacket* chosen = nullptr;
    const auto& context = *state_->demuxer;
    for (unsigned i = 0; i < context.nb_streams; ++i) {
        const AVStream& stream = *context.streams[i];
        const auto& picture = stream.attached_pic;
        if (!(stream.disposition & AV_DISPOSITION_ATTACHED_PIC) || picture.size <= 0) continue;
        const auto* kind = av_dict_get(stream.metadata, "comment", nullptr, 0);
        const bool front = kind && std::string_view{kind->value} == "Cover (front)";
        if (!chosen || front) chosen = &picture;
        if (front) break;
    }
    if (!chosen) return {};
    return {chosen->data, chosen->data + chosen->size};
}

std::vector<std::string> Decoder::tags() const {
    std::set<std::string> tags, keys;
    std::size_t room = 1 << 20;
    add_tags(tags, keys, state_->stream->metadata, room);
    add_tags(tags, keys, state_->demuxer->metadata, room);
    return {tags.begin(), tags.end()};
}

}  // namespace stretto::audio
