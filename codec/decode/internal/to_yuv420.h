// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures of any pixel format libavcodec gives (10-bit, 4:2:2, 4:4:4, RGB)
// as 8-bit planar 4:2:0, through libswscale. The range of the samples stays
// what it was.

#ifndef FOVEA_CODEC_DECODE_INTERNAL_TO_YUV420_H_
#define FOVEA_CODEC_DECODE_INTERNAL_TO_YUV420_H_

#include "absl/status/statusor.h"
#include "codec/sample.h"

struct AVFrame;
struct SwsContext;

namespace fovea {

// Not thread-safe; keeps its tables between pictures of one format.
class ToYuv420 {
 public:
  ToYuv420() = default;
  ~ToYuv420();
  ToYuv420(const ToYuv420&) = delete;
  ToYuv420& operator=(const ToYuv420&) = delete;

  // A picture of the same size. kUnimplemented for a pixel format
  // libswscale does not read. The pts is not carried.
  absl::StatusOr<Frame> Convert(const AVFrame& picture);

 private:
  SwsContext* context_ = nullptr;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_DECODE_INTERNAL_TO_YUV420_H_
