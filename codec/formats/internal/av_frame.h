// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decoded libav pictures of any pixel format as 8-bit 4:2:0 frames. Sample
// values keep their range and matrix; only depth and chroma resolution
// change, and RGB becomes full-range BT.601 as in JFIF.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_FRAME_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_FRAME_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/internal/av_handles.h"
#include "codec/sample.h"

namespace fovea::av {

// What a pixel format holds; `note` tells the user what conversion costs
// ("" when the samples are kept as they are).
struct PixelKind {
  int bit_depth = 8;
  bool full_range = false;  // whatever the stream says: yuvj, grey, RGB
  bool rgb = false;
  std::string note;
};
PixelKind DescribePixels(AVPixelFormat format);

// Colour of samples of `format` whose stream carries these code points.
ColorInfo DescribeColor(AVPixelFormat format, AVColorRange range,
                        AVColorPrimaries primaries,
                        AVColorTransferCharacteristic transfer,
                        AVColorSpace matrix);

// Not thread-safe. pts, time and duration are left for the caller.
class FrameConverter {
 public:
  // Planar 8-bit 4:2:0 is wrapped without a copy. kInvalidArgument when
  // the format cannot be converted.
  absl::StatusOr<Frame> Convert(FramePtr picture);

 private:
  absl::StatusOr<FramePtr> Scale(const AVFrame& picture);
  absl::StatusOr<Frame> Round(const AVFrame& picture);
  absl::StatusOr<Frame> WrapGrey(FramePtr picture);
  absl::Status Prepare(const AVFrame& picture, AVPixelFormat target);

  ScalerPtr scaler_;
  int width_ = 0;
  int height_ = 0;
  int format_ = -1;
  std::shared_ptr<const uint8_t> neutral_;  // one chroma plane of 128
};

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_FRAME_H_
