// SPDX-License-Identifier: GPL-2.0-or-later
//
// A frame read back, as a picture file for people and other programs.

#ifndef FOVEA_API_FRAME_EXPORT_H_
#define FOVEA_API_FRAME_EXPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/stream_description.h"

namespace fovea {

enum class FrameImageFormat {
  kAsStored,  // stills: the file as it came; video frames: PNG
  kPng,       // exact up to the conversion to RGB; larger
  kJpeg,      // a tenth of the size; lossy
};

struct FrameImageOptions {
  FrameImageFormat format = FrameImageFormat::kAsStored;
  int jpeg_quality = 92;  // 1..100
};

// Writes `frame` of a stream described by `description` to `path_stem` and
// a suffix (.png, .jpg), and returns that path. A file of that name is
// replaced at once or not at all. Rotation is not applied: pixels stay
// where the stream has them.
absl::StatusOr<std::string> WriteFrameImage(
    const ReadFrame& frame, const StreamDescription& description,
    const FrameImageOptions& options, const std::string& path_stem);

}  // namespace fovea

#endif  // FOVEA_API_FRAME_EXPORT_H_
