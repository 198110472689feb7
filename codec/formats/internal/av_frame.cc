// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_frame.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace fovea::av {
namespace {

constexpr uint8_t kMatrixBt601 = 5;  // ITU-R BT.470BG, JFIF's

bool IsWrappable(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P ||
         format == AV_PIX_FMT_YUVA420P;
}

bool IsJpegVariant(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return false;
  }
}

bool IsGrey(const AVPixFmtDescriptor& format) {
  return format.nb_components <= 2 && (format.flags & AV_PIX_FMT_FLAG_RGB) == 0;
}

std::string NoteFor(const AVPixFmtDescriptor& format, int depth) {
  std::string note;
  const auto add = [&note](const std::string& text) {
    absl::StrAppend(&note, note.empty() ? "" : "; ", text);
  };
  if (depth > 8) add(absl::StrCat(depth, "-bit source is rounded to 8 bits"));
  if ((format.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0) {
    add("RGB source becomes full-range BT.601 4:2:0");
  } else if (IsGrey(format)) {
    add("grey source gets neutral chroma");
  } else if (format.log2_chroma_w != 1 || format.log2_chroma_h != 1) {
    add("chroma is resampled to 4:2:0");
  }
  if ((format.flags & AV_PIX_FMT_FLAG_ALPHA) != 0) add("alpha is dropped");
  return note;
}

// The format the scaler makes: 4:2:0 or grey of the source's depth, because
// the scaler would dither; the rounding to 8 bits is done here.
AVPixelFormat TargetOf(const AVPixFmtDescriptor& format) {
  const int depth = format.comp[0].depth;
  const bool grey = IsGrey(format) && (format.flags & AV_PIX_FMT_FLAG_PAL) == 0;
  if (depth <= 8) return grey ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_YUV420P;
  if (grey) return AV_PIX_FMT_GRAY16;
  if (depth <= 10) return AV_PIX_FMT_YUV420P10;
  if (depth <= 12) return AV_PIX_FMT_YUV420P12;
  return AV_PIX_FMT_YUV420P16;
}

bool IsRoundable(int format) {
  switch (format) {
    case AV_PIX_FMT_YUV420P9:
    case AV_PIX_FMT_YUV420P10:
    case AV_PIX_FMT_YUV420P12:
    case AV_PIX_FMT_YUV420P14:
    case AV_PIX_FMT_YUV420P16:
    case AV_PIX_FMT_GRAY9:
    case AV_PIX_FMT_GRAY10:
    case AV_PIX_FMT_GRAY12:
    case AV_PIX_FMT_GRAY14:
    case AV_PIX_FMT_GRAY16:
      return true;
    default:
      return false;
  }
}

void RoundPlane(const uint8_t* from, int from_stride, int width, int height,
                int shift, uint8_t* to, int to_stride) {
  const unsigned half = 1U << (shift - 1);
  for (int row = 0; row < height; ++row) {
    const auto* in = reinterpret_cast<const uint16_t*>(from);
    for (int x = 0; x < width; ++x) {
      to[x] = static_cast<uint8_t>(std::min((in[x] + half) >> shift, 255U));
    }
    from += from_stride;
    to += to_stride;
  }
}

Frame Wrap(FramePtr picture) {
  Frame frame;
  frame.width = picture->width;
  frame.height = picture->height;
  frame.y = {picture->data[0], picture->linesize[0]};
  frame.u = {picture->data[1], picture->linesize[1]};
  frame.v = {picture->data[2], picture->linesize[2]};
  frame.pixels =
      std::shared_ptr<const void>(picture.release(), [](const void* p) {
        auto* owned = static_cast<AVFrame*>(const_cast<void*>(p));
        av_frame_free(&owned);
      });
  return frame;
}

bool RowsGoDown(const AVFrame& picture) {
  return picture.linesize[0] > 0 && picture.linesize[1] >= 0 &&
         picture.linesize[2] >= 0 && picture.width > 0 && picture.height > 0;
}

}  // namespace

PixelKind DescribePixels(AVPixelFormat format) {
  PixelKind kind;
  const AVPixFmtDescriptor* pixels = av_pix_fmt_desc_get(format);
  if (pixels == nullptr) return kind;
  kind.rgb = (pixels->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  // Packed RGB of 5 or 6 bits per component is no deeper than 8.
  kind.bit_depth = std::max(pixels->comp[0].depth, 8);
  kind.full_range = IsJpegVariant(format) || kind.rgb || IsGrey(*pixels);
  kind.note = NoteFor(*pixels, kind.bit_depth);
  return kind;
}

ColorInfo DescribeColor(AVPixelFormat format, AVColorRange range,
                        AVColorPrimaries primaries,
                        AVColorTransferCharacteristic transfer,
                        AVColorSpace matrix) {
  const PixelKind kind = DescribePixels(format);
  ColorInfo color;
  color.full_range = kind.full_range || range == AVCOL_RANGE_JPEG;
  color.primaries = static_cast<uint8_t>(primaries);
  color.transfer = static_cast<uint8_t>(transfer);
  color.matrix = kind.rgb ? kMatrixBt601 : static_cast<uint8_t>(matrix);
  return color;
}

absl::StatusOr<Frame> FrameConverter::Convert(FramePtr picture) {
  if (RowsGoDown(*picture)) {
    if (IsWrappable(picture->format)) return Wrap(std::move(picture));
    if (picture->format == AV_PIX_FMT_GRAY8) {
      return WrapGrey(std::move(picture));
    }
    if (IsRoundable(picture->format)) return Round(*picture);
  }
  auto scaled = Scale(*picture);
  if (!scaled.ok()) return scaled.status();
  return Convert(*std::move(scaled));
}

absl::StatusOr<Frame> FrameConverter::WrapGrey(FramePtr picture) {
  const int stride = (picture->width + 1) / 2;
  if (neutral_ == nullptr || picture->width != width_ ||
      picture->height != height_) {
    const auto bytes = static_cast<size_t>(stride) *
                       static_cast<size_t>((picture->height + 1) / 2);
    auto* plane = static_cast<uint8_t*>(std::malloc(bytes));
    if (plane == nullptr) return absl::ResourceExhaustedError("no memory");
    std::memset(plane, 128, bytes);
    neutral_ = std::shared_ptr<const uint8_t>(
        plane, [](const uint8_t* p) { std::free(const_cast<uint8_t*>(p)); });
    width_ = picture->width;
    height_ = picture->height;
  }
  Frame frame = Wrap(std::move(picture));
  frame.u = frame.v = {neutral_.get(), stride};
  using Owners =
      std::pair<std::shared_ptr<const void>, std::shared_ptr<const uint8_t>>;
  frame.pixels = std::make_shared<Owners>(frame.pixels, neutral_);
  return frame;
}

absl::Status FrameConverter::Prepare(const AVFrame& picture,
                                     AVPixelFormat target) {
  if (scaler_ != nullptr && width_ == picture.width &&
      height_ == picture.height && format_ == picture.format) {
    return absl::OkStatus();
  }
  const auto format = static_cast<AVPixelFormat>(picture.format);
  scaler_.reset(sws_getContext(
      picture.width, picture.height, format, picture.width, picture.height,
      target,
      SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT,
      nullptr, nullptr, nullptr));
  if (scaler_ == nullptr) {
    const char* name = av_get_pix_fmt_name(format);
    return absl::InvalidArgumentError(
        absl::StrCat("pixel format ", name != nullptr ? name : "unknown",
                     " cannot become 4:2:0"));
  }
  // Same range on both sides, so that values pass through; RGB is made
  // full range.
  const int* bt601 = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler_.get(), bt601, 1, bt601, 1, 0, 1 << 16,
                           1 << 16);
  width_ = picture.width;
  height_ = picture.height;
  format_ = picture.format;
  return absl::OkStatus();
}

absl::StatusOr<FramePtr> FrameConverter::Scale(const AVFrame& picture) {
  const AVPixFmtDescriptor* format =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  if (format == nullptr) {
    return absl::InvalidArgumentError("picture without a pixel format");
  }
  const AVPixelFormat target = TargetOf(*format);
  if (auto ready = Prepare(picture, target); !ready.ok()) return ready;
  FramePtr scaled(av_frame_alloc());
  if (scaled == nullptr) return absl::ResourceExhaustedError("no memory");
  scaled->width = picture.width;
  scaled->height = picture.height;
  scaled->format = target;
  int result = av_frame_get_buffer(scaled.get(), 0);
  if (result >= 0) {
    result = sws_scale(scaler_.get(), picture.data, picture.linesize, 0,
                       picture.height, scaled->data, scaled->linesize);
  }
  if (result < 0) return ErrorStatus(result, "picture conversion");
  return scaled;
}

absl::StatusOr<Frame> FrameConverter::Round(const AVFrame& picture) {
  auto buffer = FrameBuffer::Allocate(picture.width, picture.height);
  if (!buffer.ok()) return buffer.status();
  const AVPixFmtDescriptor* format =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  for (int i = 0; i < 3; ++i) {
    const int width = i == 0 ? picture.width : (picture.width + 1) / 2;
    const int height = i == 0 ? picture.height : (picture.height + 1) / 2;
    uint8_t* plane = buffer->plane(i);
    if (i > 0 && IsGrey(*format)) {
      std::memset(
          plane, 128,
          static_cast<size_t>(buffer->stride(i)) * static_cast<size_t>(height));
    } else {
      RoundPlane(picture.data[i], picture.linesize[i], width, height,
                 format->comp[0].depth - 8, plane, buffer->stride(i));
    }
  }
  return std::move(*buffer).Release();
}

}  // namespace fovea::av
