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

// How a map meets what x264 decides by itself.
enum class MapMode : uint8_t {
  // On top of adaptive quantisation and macroblock tree. Fewer bytes for
  // equal answers than either alone.
  kStacked,
  // QP = crf + map in every coded macroblock of every frame: no adaptive
  // quantisation, no macroblock tree, I-frames no finer than the others.
  kExact,
};

// x264's adaptive quantisation, by its numbers.
enum class AqMode : uint8_t {
  kNone = 0,  // maps are honoured all the same
  kVariance = 1,
  kAutoVariance = 2,
  kAutoVarianceBiased = 3,
};

struct VideoEncoderOptions {
  // Size, rate, colour and aspect go into the stream; pts are in its time
  // base. The coded size is the true one rounded up to even: readers crop.
  // Colour code points H.264 lacks are written as unspecified.
  CameraInfo camera;

  // x264 constant rate factor, 1..51: smaller is better and larger. Below
  // 1 is refused: x264 takes it as lossless and would ignore maps. In exact
  // mode this is the base QP, a whole number.
  double crf = 23;

  // Byte budget: bytes per second on average, instead of crf. Quality then
  // follows from it: a map moves bytes between macroblocks and saves none.
  // Not in exact mode. 0: crf holds.
  int64_t bytes_per_second = 0;

  // Ceiling over any one second; quality falls where crf or budget would
  // go above it. Not in exact mode. Takes one thread, whatever `threads`
  // says: under it x264's bytes depend on the timing of threads. 0: none.
  int64_t max_bytes_per_second = 0;

  MapMode map_mode = MapMode::kStacked;

  // Both are x264's default, and worth about a tenth of the bytes each.
  // Exact mode ignores them: it has neither.
  AqMode aq_mode = AqMode::kVariance;
  bool mb_tree = true;

  QualityTables tables;

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
  // increasing; the encoder stays usable. kResourceExhausted, kInternal: no
  // memory, or x264 failed; where the frame was already inside, the encoder
  // takes no more frames and the next call says kFailedPrecondition.
  virtual absl::Status Encode(const Frame& frame, const QualityMap* map,
                              std::vector<EncodedFrame>* out) = 0;

  // Appends what is still inside. Nothing may be encoded afterwards.
  virtual absl::Status Flush(std::vector<EncodedFrame>* out) = 0;
};

// kInvalidArgument for options x264 would refuse or silently ignore;
// kResourceExhausted for want of memory; kUnimplemented in a build without
// libx264.
absl::StatusOr<std::unique_ptr<VideoEncoder>> NewVideoEncoder(
    const VideoEncoderOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_VIDEO_ENCODER_H_
