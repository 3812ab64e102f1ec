#include "audio/picture.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <algorithm>

#include "audio/ffmpeg.hpp"

namespace stretto::audio {
namespace {

using Scaler = std::unique_ptr<SwsContext, Freed<sws_freeContext>>;

constexpr std::int64_t most_pixels = 36'000'000;  // 6000 x 6000: decoded, that is 144 MB at most
constexpr std::size_t most_jpeg_bytes = 300'000;

AVCodecID codec_of(BytesView bytes) {
    const auto head = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 16)));
    if (head.starts_with("\xff\xd8\xff")) return AV_CODEC_ID_MJPEG;
    if (head.starts_with("\x89PNG\r\n\x1a\n")) return AV_CODEC_ID_PNG;
    if (head.starts_with("GIF8")) return AV_CODEC_ID_GIF;
    if (head.starts_with("RIFF") &&
        head.substr(std::min<std::size_t>(8, head.size())).starts_with("WEBP"))
        return AV_CODEC_ID_WEBP;
    if (head.starts_with("BM")) return AV_CODEC_ID_BMP;
    return AV_CODEC_ID_NONE;
}

/// The first picture that comes out.
Frame decode(BytesView bytes, const std::string& subject) {
    const auto wrong = [&](const std::string& why) { return bad_data(subject, why); };
    if (bytes.size() > most_picture_bytes) throw wrong("a picture of more than 16 MB");
    const auto* decoder = avcodec_find_decoder(codec_of(bytes));
    if (!decoder) throw wrong("not a picture in a known format (JPEG, PNG, GIF, BMP, WebP)");
    Codec codec{avcodec_alloc_context3(decoder)};
    Packet packet{av_packet_alloc()};
    Frame frame{av_frame_alloc()};
    if (!codec || !packet || !frame) throw std::bad_alloc{};
    codec->thread_count = 1;
    codec->max_pixels = most_pixels;
    codec->err_recognition = AV_EF_EXPLODE | AV_EF_BITSTREAM | AV_EF_BUFFER;
    check(avcodec_open2(codec.get(), decoder, nullptr), "avcodec_open2");
    check(av_new_packet(packet.get(), static_cast<int>(bytes.size())), "av_new_packet");
    std::copy(bytes.begin(), bytes.end(), packet->data);
    packet->flags |= AV_PKT_FLAG_KEY;
    int got = avcodec_send_packet(codec.get(), packet.get());
    if (got >= 0) got = avcodec_send_packet(codec.get(), nullptr);
    if (got >= 0) got = avcodec_receive_frame(codec.get(), frame.get());
    if (got < 0) throw wrong(text("a picture that cannot be decoded: ", reason(got)));
    if (frame->width < 1 || frame->height < 1 ||
        std::int64_t{frame->width} * frame->height > most_pixels)
        throw wrong("a picture too large");
    return frame;
}

Frame new_frame(int width, int height, AVPixelFormat format) {
    Frame frame{av_frame_alloc()};
    if (!frame) throw std::bad_alloc{};
    frame->width = width;
    frame->height = height;
    frame->format = format;
    check(av_frame_get_buffer(frame.get(), 0), "av_frame_get_buffer");
    return frame;
}

Frame scale(const AVFrame& from, int width, int height, AVPixelFormat format) {
    auto to = new_frame(width, height, format);
    constexpr int how = SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;
    const Scaler scaler{sws_getContext(from.width, from.height,
                                       static_cast<AVPixelFormat>(from.format), width, height,
                                       format, how, nullptr, nullptr, nullptr)};
    if (!scaler) throw Error{EX_SOFTWARE, "sws_getContext failed"};
    check(sws_scale(scaler.get(), from.data, from.linesize, 0, from.height, to->data, to->linesize),
          "sws_scale");
    return to;
}

bool has_alpha(const AVFrame& frame) {
    const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    return format && (format->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL));
}

void put_on_white(AVFrame& rgba) {
    for (int y = 0; y < rgba.height; ++y) {
        auto* pixel = rgba.data[0] + std::ptrdiff_t{y} * rgba.linesize[0];
        for (int x = 0; x < rgba.width; ++x, pixel += 4) {
            for (int c = 0; c < 3; ++c)
                pixel[c] = static_cast<std::uint8_t>(
                    (pixel[c] * pixel[3] + 255 * (255 - pixel[3]) + 127) / 255);
            pixel[3] = 255;
        }
    }
}

Bytes encode(AVFrame& frame, int step) {
    const auto* encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (!encoder) throw Error{EX_SOFTWARE, "this FFmpeg has no JPEG encoder"};
    Codec codec{avcodec_alloc_context3(encoder)};
    Packet packet{av_packet_alloc()};
    if (!codec || !packet) throw std::bad_alloc{};
    codec->thread_count = 1;
    codec->width = frame.width;
    codec->height = frame.height;
    codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
    codec->color_range = AVCOL_RANGE_JPEG;
    codec->time_base = {1, 1};
    codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    codec->global_quality = FF_QP2LAMBDA * step;
    check(avcodec_open2(codec.get(), encoder, nullptr), "avcodec_open2");
    frame.quality = codec->global_quality;
    frame.pts = 0;
    check(avcodec_send_frame(codec.get(), &frame), "avcodec_send_frame");
    check(avcodec_send_frame(codec.get(), nullptr), "avcodec_send_frame");
    check(avcodec_receive_packet(codec.get(), packet.get()), "avcodec_receive_packet");
    return {packet->data, packet->data + packet->size};
}

}  // namespace

struct Picture::State {
    Frame frame;
};

Picture::Picture(BytesView bytes, const std::string& subject) {
    av_log_set_level(AV_LOG_QUIET);
    state_ = std::make_unique<State>(State{decode(bytes, subject)});
}
Picture::~Picture() = default;

int Picture::width() const noexcept { return state_->frame->width; }
int Picture::height() const noexcept { return state_->frame->height; }

Bytes Picture::jpeg(int px) const {
    const auto& from = *state_->frame;
    const int longer = std::max(from.width, from.height);
    const auto fitted = [&](int side) {
        return longer <= px
                   ? side
                   : std::max(1, static_cast<int>((std::int64_t{side} * px + longer / 2) / longer));
    };
    const int width = fitted(from.width), height = fitted(from.height);
    Frame frame;
    if (has_alpha(from)) {
        const auto rgba = scale(from, width, height, AV_PIX_FMT_RGBA);
        put_on_white(*rgba);
        frame = scale(*rgba, width, height, AV_PIX_FMT_YUVJ420P);
    } else {
        frame = scale(from, width, height, AV_PIX_FMT_YUVJ420P);
    }
    Bytes jpeg;
    for (const int step :
         {3, 5, 8, 12, 20, 31}) {  // of the encoder's 2 to 31: 3 is hard to tell from the source
        jpeg = encode(*frame, step);
        if (jpeg.size() <= most_jpeg_bytes) break;
    }
    return jpeg;
}

}  // namespace stretto::audio
