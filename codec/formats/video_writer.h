// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 access units to a file any player opens: MP4 or MOV (faststart),
// MKV, or a bare Annex B stream, chosen by the file name. MP4 and MOV keep
// every pts and dts exactly for time bases down to 1/10^7 s (finer ones are
// rounded to microseconds); MKV rounds to milliseconds; Annex B has none.

#ifndef FOVEA_CODEC_FORMATS_VIDEO_WRITER_H_
#define FOVEA_CODEC_FORMATS_VIDEO_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

struct VideoWriterOptions {
  CameraInfo camera;  // size, time base, aspect, rotation, colour

  // Framing of the units and, for length prefixes, their avcC. With Annex
  // B the parameter sets are taken from the first key unit.
  NalFraming framing = kAnnexB;
  std::vector<uint8_t> codec_config;
};

// Writes beside the target and renames at Finish(), so that no half file is
// ever seen under the name asked for. Not thread-safe.
class VideoWriter {
 public:
  // kInvalidArgument for a suffix other than .mp4, .mov, .mkv, .h264, .264;
  // kPermissionDenied, kNotFound (no such folder).
  static absl::StatusOr<std::unique_ptr<VideoWriter>> Create(
      const std::string& path, const VideoWriterOptions& options);
  ~VideoWriter();  // without Finish(): removes the unfinished file

  // Units in decoding order with pts and dts in the camera's time base. A
  // dts that does not grow, or a pts before its dts, is moved up by ticks.
  absl::Status Add(const AccessUnit& unit);
  absl::Status Finish();

 private:
  class State;
  explicit VideoWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_VIDEO_WRITER_H_
