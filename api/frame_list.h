// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is known of a camera's frames without decoding one.

#ifndef FOVEA_API_FRAME_LIST_H_
#define FOVEA_API_FRAME_LIST_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "api/store.h"
#include "api/time_range.h"
#include "codec/canonical_gop.h"  // PictureType
#include "store/frame_table.h"

namespace fovea {

struct ListedFrame {
  uint64_t index = 0;
  uint64_t gop = 0;  // index of the first frame of its GOP
  FrameEntry entry;
};

// Calls `visit` for the frames of a camera that are shown in `range`, by
// index, until it returns false, over the store as it is now. Reads catalogue
// rows, no chunk. kNotFound, with the nearest name, when there is no such
// stream; kInvalidArgument: it is no camera; kDataLoss names a damaged row.
absl::Status ListFrames(Store* store, const std::string& stream,
                        TimeRange range,
                        const std::function<bool(const ListedFrame&)>& visit);

}  // namespace fovea

#endif  // FOVEA_API_FRAME_LIST_H_
