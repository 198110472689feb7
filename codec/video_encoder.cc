// SPDX-License-Identifier: GPL-2.0-or-later
//
// The checks every encoder shares, and the choice of one. A build without
// libx264 has none to offer and says so.

#include "codec/video_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#ifdef FOVEA_X264
#include "codec/internal/x264_encoder.h"
#endif

namespace fovea {
namespace {

constexpr int kMaxSide = 16384;  // H.264 level 6.2 and libx264 both end here
constexpr int kMaxGopFrames = 100'000;
constexpr int kMaxChromaQpOffset = 12;
constexpr float kMinWeight = 0.25F;
constexpr float kMaxWeight = 8.0F;
constexpr int64_t kMinRate = 1000;         // bytes per second
constexpr int64_t kMaxRate = 250'000'000;  // x264 counts in 32-bit kilobits
constexpr int kMaxThreads = 128;           // X264_THREAD_MAX
constexpr const char* kPresets[] = {"ultrafast", "superfast", "veryfast",
                                    "faster",    "fast",      "medium",
                                    "slow",      "slower",    "veryslow"};

absl::Status CheckCamera(const CameraInfo& camera) {
  if (camera.width < 1 || camera.height < 1 || camera.width > kMaxSide ||
      camera.height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder for ", camera.width, "x", camera.height,
                     ": sides must be 1 to ", kMaxSide, " pixels"));
  }
  if (camera.time_base.num < 1 || camera.time_base.den < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder time base ", camera.time_base.num, "/",
                     camera.time_base.den, ": both parts must be positive"));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(const char* name, double value, double low,
                        double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "encoder ", name, " ", value, ": must be ", low, " to ", high));
}

absl::Status CheckPreset(const std::string& preset) {
  if (std::find(std::begin(kPresets), std::end(kPresets), preset) !=
      std::end(kPresets)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("encoder preset '", preset,
                   "': must be one of ultrafast, superfast, veryfast, "
                   "faster, fast, medium, slow, slower, veryslow"));
}

absl::Status CheckExact(const VideoEncoderOptions& options) {
  if (options.bytes_per_second > 0 || options.max_bytes_per_second > 0) {
    return absl::InvalidArgumentError(
        "encoder: a byte budget moves QPs by itself, so exact maps cannot be "
        "kept under it; give a crf or use stacked maps");
  }
  if (options.crf != std::floor(options.crf)) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder crf ", options.crf,
                     ": exact maps add to a whole QP; round it"));
  }
  return absl::OkStatus();
}

absl::Status CheckTables(const QualityTables& tables) {
  absl::Status status = CheckRange("chroma QP offset", tables.chroma_qp_offset,
                                   -kMaxChromaQpOffset, kMaxChromaQpOffset);
  for (const auto& plane : tables.frequency_weight) {
    for (const float weight : plane) {
      status.Update(
          CheckRange("frequency weight", weight, kMinWeight, kMaxWeight));
    }
  }
  return status;
}

absl::Status CheckRate(const VideoEncoderOptions& options) {
  for (const int64_t rate :
       {options.bytes_per_second, options.max_bytes_per_second}) {
    if (rate == 0 || (rate >= kMinRate && rate <= kMaxRate)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("encoder budget of ", rate, " bytes per second: must be ",
                     kMinRate, " to ", kMaxRate, ", or 0 for none"));
  }
  return absl::OkStatus();
}

absl::Status CheckQuality(const VideoEncoderOptions& options) {
  absl::Status status = CheckTables(options.tables);
  status.Update(CheckRate(options));
  if (options.map_mode == MapMode::kExact) status.Update(CheckExact(options));
  return status;
}

absl::Status CheckOptions(const VideoEncoderOptions& options) {
  absl::Status status = CheckCamera(options.camera);
  status.Update(CheckRange("crf", options.crf, 0, 51));
  status.Update(CheckPreset(options.preset));
  status.Update(CheckRange("gop_frames", options.gop_frames, 1, kMaxGopFrames));
  status.Update(CheckRange("threads", options.threads, 1, kMaxThreads));
  status.Update(CheckQuality(options));
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<VideoEncoder>> NewVideoEncoder(
    const VideoEncoderOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
#ifdef FOVEA_X264
  return internal::NewX264Encoder(options);
#else
  return absl::UnimplementedError(
      "this build has no H.264 encoder: configure with -DFOVEA_X264=ON");
#endif
}

}  // namespace fovea
