// SPDX-License-Identifier: GPL-2.0-or-later
//
// Owners of libav objects and the translation of its error numbers. Only
// codec/formats/internal/av_*.{h,cc} and the sources built on them include
// this; no libav type leaves those files.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_HANDLES_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_HANDLES_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "codec/sample.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

namespace fovea::av {

struct PacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FrameDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct CodecDeleter {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct FormatDeleter {
  void operator()(AVFormatContext* file) const { avformat_close_input(&file); }
};
struct ScalerDeleter {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

using PacketPtr = std::unique_ptr<AVPacket, PacketDeleter>;
using FramePtr = std::unique_ptr<AVFrame, FrameDeleter>;
using CodecPtr = std::unique_ptr<AVCodecContext, CodecDeleter>;
using FormatPtr = std::unique_ptr<AVFormatContext, FormatDeleter>;
using ScalerPtr = std::unique_ptr<SwsContext, ScalerDeleter>;

inline Rational ToRational(AVRational r) { return {r.num, r.den}; }

// libav's words for an error number: "Invalid data found ...".
std::string ErrorText(int error);

// "what: words", with the status code that fits the number.
absl::Status ErrorStatus(int error, const std::string& what);

// libav writes to standard error through one process-wide level; every
// message that matters to a user comes back as a status here, so the level
// is set to silent. Idempotent.
void SilenceLog();

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_HANDLES_H_
