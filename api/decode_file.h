// SPDX-License-Identifier: GPL-2.0-or-later
//
// One recording to raw video or to pictures.

#ifndef FOVEA_API_DECODE_FILE_H_
#define FOVEA_API_DECODE_FILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

struct DecodeFileOptions {
  std::string input;
  std::string output;  // NAME.y4m, or a folder: 00000000.png and so on
  SourceOptions source;
};

struct DecodeFileReport {
  CameraInfo camera;
  int64_t frames = 0;
  int64_t skipped = 0;  // damaged, or of another size
  std::string skipped_why;
  bool stopped = false;
  std::vector<std::string> notes;
  absl::Status source_error;  // not OK: the source ended badly after this

  bool lossy() const { return skipped > 0 || !source_error.ok(); }
};

// As EncodeFile(). Pictures carry their presentation index in their names.
absl::StatusOr<DecodeFileReport> DecodeFile(
    const DecodeFileOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_DECODE_FILE_H_
