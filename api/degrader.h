// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a coarse encode leaves of a picture. Sensitivities are measured
// there: at the undistorted picture the gradient of a model's agreement
// with itself vanishes.

#ifndef FOVEA_API_DEGRADER_H_
#define FOVEA_API_DEGRADER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/decode/video_decoder.h"
#include "codec/sample.h"
#include "codec/video_encoder.h"

namespace fovea {

// Constant rate factor of the coarse encode: near the coarsest that
// detectors still agree with themselves on.
inline constexpr double kDegradedCrf = 35;

// Pictures go in in presentation order; each predicts from those before it,
// as in a stream. Not thread-safe.
class Degrader {
 public:
  static absl::StatusOr<std::unique_ptr<Degrader>> Create(
      const CameraInfo& camera, double crf);

  absl::StatusOr<Frame> Degrade(const Frame& frame);

 private:
  Degrader(std::unique_ptr<VideoEncoder> encoder,
           std::unique_ptr<VideoDecoder> decoder)
      : encoder_(std::move(encoder)), decoder_(std::move(decoder)) {}

  const std::unique_ptr<VideoEncoder> encoder_;
  const std::unique_ptr<VideoDecoder> decoder_;
  int64_t next_pts_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_DEGRADER_H_
