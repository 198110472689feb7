// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/degrader.h"

#include <utility>

#include "absl/status/status.h"

namespace fovea {

absl::StatusOr<std::unique_ptr<Degrader>> Degrader::Create(
    const CameraInfo& camera, double crf) {
  VideoEncoderOptions coarse;
  coarse.camera = camera;
  coarse.crf = crf;
  coarse.zero_latency = true;
  auto encoder = NewVideoEncoder(coarse);
  if (!encoder.ok()) return encoder.status();
  VideoDecoderOptions cropped;
  cropped.width = camera.width;
  cropped.height = camera.height;
  auto decoder = VideoDecoder::Create(cropped);
  if (!decoder.ok()) return decoder.status();
  return std::unique_ptr<Degrader>(
      new Degrader(*std::move(encoder), *std::move(decoder)));
}

absl::StatusOr<Frame> Degrader::Degrade(const Frame& frame) {
  Frame timed = frame;
  timed.pts = next_pts_++;  // a picture asked for twice is two pictures
  std::vector<EncodedFrame> coded;
  if (absl::Status s = encoder_->Encode(timed, nullptr, &coded); !s.ok()) {
    return s;
  }
  std::vector<Frame> decoded;
  for (const EncodedFrame& picture : coded) {
    absl::Status s = decoder_->Decode(picture.data, picture.pts, &decoded);
    if (!s.ok()) return s;
  }
  // Without look-ahead and B-frames each picture comes out at once.
  if (decoded.empty()) {
    if (absl::Status s = decoder_->Flush(&decoded); !s.ok()) return s;
  }
  if (decoded.size() != 1) {
    return absl::InternalError("coarse encode gave no picture for a picture");
  }
  return std::move(decoded.front());
}

}  // namespace fovea
