// SPDX-License-Identifier: GPL-2.0-or-later
//
// The libx264 encoder, present only in builds with FOVEA_X264.

#ifndef FOVEA_CODEC_INTERNAL_X264_ENCODER_H_
#define FOVEA_CODEC_INTERNAL_X264_ENCODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "codec/video_encoder.h"

namespace fovea::internal {

// Requires options that passed NewVideoEncoder()'s own checks.
absl::StatusOr<std::unique_ptr<VideoEncoder>> NewX264Encoder(
    const VideoEncoderOptions& options);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_X264_ENCODER_H_
