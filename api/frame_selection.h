// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which frames of a camera are read back, and what one is then.

#ifndef FOVEA_API_FRAME_SELECTION_H_
#define FOVEA_API_FRAME_SELECTION_H_

#include <cstdint>
#include <optional>

#include "api/time_range.h"
#include "codec/sample.h"

namespace fovea {

// A frame read back.
struct ReadFrame {
  uint64_t index = 0;
  Frame frame;
  StillImage still;  // of still streams: the file as it came; else empty
};

// Which frames to read: at most one of the first three is set. None: every
// frame shown in the range.
struct FrameSelection {
  std::optional<int64_t> at_ns;  // the frame shown then
  std::optional<uint64_t> index;
  std::optional<int64_t> every_ns;  // one per step, from the first frame
  TimeRange range;                  // bounds every_ns
};

}  // namespace fovea

#endif  // FOVEA_API_FRAME_SELECTION_H_
