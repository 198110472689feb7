// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames to a YUV4MPEG2 file: raw 4:2:0 that most tools read. It knows one
// constant frame rate and no times.

#ifndef FOVEA_CODEC_FORMATS_Y4M_WRITER_H_
#define FOVEA_CODEC_FORMATS_Y4M_WRITER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

// Writes beside the target and renames at Finish(). Not thread-safe.
class Y4mWriter {
 public:
  // A frame rate of zero is written as 25. kNotFound, kPermissionDenied.
  static absl::StatusOr<std::unique_ptr<Y4mWriter>> Create(
      const std::string& path, const CameraInfo& camera);
  ~Y4mWriter();  // without Finish(): removes the unfinished file

  // kInvalidArgument: another size than the camera's, a null plane.
  absl::Status Add(const Frame& frame);
  absl::Status Finish();

 private:
  class State;
  explicit Y4mWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_Y4M_WRITER_H_
