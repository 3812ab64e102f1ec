#pragma once
// FFmpeg's objects with owners, and its error codes as Errors. Included by this folder's sources
// only.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::audio {

using Frame = std::unique_ptr<AVFrame, FreedByAddress<av_frame_free>>;
using Packet = std::unique_ptr<AVPacket, FreedByAddress<av_packet_free>>;
using Codec = std::unique_ptr<AVCodecContext, FreedByAddress<avcodec_free_context>>;
using Resampler = std::unique_ptr<SwrContext, FreedByAddress<swr_free>>;
using Demuxer = std::unique_ptr<AVFormatContext, FreedByAddress<avformat_close_input>>;

inline std::string reason(int code) {
    char words[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, words, sizeof words);
    return words;
}

inline int check(int code, const char* what) {
    if (code < 0) throw Error{EX_SOFTWARE, text(what, ": ", reason(code))};
    return code;
}

}  // namespace stretto::audio
