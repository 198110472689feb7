// SPDX-License-Identifier: GPL-2.0-or-later
//
// An H.264 encoder that obeys a quality map. An interface, so that a build
// without libx264 (GPL) exists: there, NewVideoEncoder() says so.

#ifndef FOVEA_CODEC_VIDEO_ENCODER_H_
#define FOVEA_CODEC_VIDEO_ENCODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/quality_map.h"
#include "codec/sample.h"

namespace fovea {

struct VideoEncoderOptions {
  // Size, rate, colour and aspect go into the stream; pts are in its time
  // base. The coded size is the true one rounded up to even: readers crop.
  // Colour code points H.264 lacks are written as unspecified.
  CameraInfo camera;

  // x264 constant rate factor, 1..51: smaller is better and larger. Below
  // 1 is refused: x264 takes it as lossless and would ignore maps.
  double crf = 23;

  // x264 preset, "ultrafast".."veryslow". Slower spends more CPU for
  // fewer bytes at equal quality. Default keeps pace with live cameras.
  std::string preset = "veryfast";

  // Longest closed GOP in frames. Shorter: finer seek and less loss on a
  // crash. Longer: fewer bytes. Scene cuts may close one earlier.
  int gop_frames = 60;

  // Encoder threads; pinned, so equal settings give equal bytes.
  int threads = 1;

  // No look-ahead, one packet out per frame in; costs about a fifth more
  // bytes. Timing in the stream is then camera.frame_rate (25 when zero).
  bool zero_latency = false;
};

// One coded picture: Annex B, one access unit, IDR pictures carry SPS and
// PPS, no SEI. No B-frames, so decoding order is presentation order.
struct EncodedFrame {
  std::vector<uint8_t> data;
  int64_t pts = 0;  // the Frame's
  int64_t time_ns = 0;
  int64_t duration_ns = 0;
  bool keyframe = false;
  float qp = 0;  // mean luma QP over the frame
};

// Not thread-safe. Frames go in in presentation order.
class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;

  // Encodes `frame` under `map` (null: uniform). Appends zero or more
  // finished pictures to `out`. Odd sizes are padded by replication.
  // kInvalidArgument: frame or map of another size, null plane, pts not
  // increasing; the encoder stays usable.
  virtual absl::Status Encode(const Frame& frame, const QualityMap* map,
                              std::vector<EncodedFrame>* out) = 0;

  // Appends what is still inside. Nothing may be encoded afterwards.
  virtual absl::Status Flush(std::vector<EncodedFrame>* out) = 0;
};

// kInvalidArgument for options x264 would refuse or silently ignore;
// kUnimplemented in a build without libx264.
absl::StatusOr<std::unique_ptr<VideoEncoder>> NewVideoEncoder(
    const VideoEncoderOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_VIDEO_ENCODER_H_
