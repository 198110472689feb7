// SPDX-License-Identifier: GPL-2.0-or-later
//
// The main camera of a source, for verbs that work on one file.

#ifndef FOVEA_API_CAMERA_INPUT_H_
#define FOVEA_API_CAMERA_INPUT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

struct CameraInput {
  std::unique_ptr<Source> source;
  int track = 0;
  std::vector<std::string> notes;  // tracks that are passed over

  const Track& info() const {
    return source->info().tracks[static_cast<size_t>(track)];
  }
};

// kInvalidArgument, with the reason, when no camera track can be delivered.
absl::StatusOr<CameraInput> OpenCamera(const std::string& location,
                                       const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_CAMERA_INPUT_H_
