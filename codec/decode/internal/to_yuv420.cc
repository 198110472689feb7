// SPDX-License-Identifier: GPL-2.0-or-later
//
// libswscale is asked for its exact paths: rounding instead of truncation
// and the same bytes on every processor.

#include "codec/decode/internal/to_yuv420.h"

#include <utility>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Area filtering is the mean of the chroma samples that merge into one.
constexpr int kFlags = SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT |
                       SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT;

bool IsFullRange(const AVFrame& picture) {
  switch (picture.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
      return true;
    default:
      return picture.color_range == AVCOL_RANGE_JPEG;
  }
}

// RGB is the only input whose matrix matters: it has none of its own.
int MatrixFor(const AVFrame& picture) {
  return picture.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

}  // namespace

ToYuv420::~ToYuv420() { sws_freeContext(context_); }

absl::StatusOr<Frame> ToYuv420::Convert(const AVFrame& picture) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  auto buffer = FrameBuffer::Allocate(picture.width, picture.height);
  if (!buffer.ok()) return buffer.status();
  context_ = sws_getCachedContext(
      context_, picture.width, picture.height, format, picture.width,
      picture.height, AV_PIX_FMT_YUV420P, kFlags, nullptr, nullptr, nullptr);
  if (context_ == nullptr) {
    const char* name = av_get_pix_fmt_name(format);
    return absl::UnimplementedError(
        absl::StrCat("pixel format ", name != nullptr ? name : "unknown",
                     " does not convert to 8-bit 4:2:0"));
  }
  const int full = IsFullRange(picture) ? 1 : 0;
  const int* table = sws_getCoefficients(MatrixFor(picture));
  sws_setColorspaceDetails(context_, table, full, table, full, 0, 1 << 16,
                           1 << 16);
  uint8_t* planes[4] = {buffer->plane(0), buffer->plane(1), buffer->plane(2)};
  const int strides[4] = {buffer->stride(0), buffer->stride(1),
                          buffer->stride(2)};
  sws_scale(context_, picture.data, picture.linesize, 0, picture.height, planes,
            strides);
  return std::move(*buffer).Release();
}

}  // namespace fovea
