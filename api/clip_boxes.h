// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a query found in a clip, frame by frame: the boxes of the objects it
// asks for.

#ifndef FOVEA_API_CLIP_BOXES_H_
#define FOVEA_API_CLIP_BOXES_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "api/query_answer.h"
#include "codec/box.h"
#include "store/store_reader.h"

namespace fovea {

class StoreFacts;
struct Query;

// An observation at a frame, while it is what the query asks for.
struct ClipBox {
  uint64_t index = 0;  // of the frame
  int64_t time_ns = 0;
  std::string label;
  uint64_t track = 0;
  double score = 0;  // 0 to 1
  Box box;
};

// Calls `visit`, frame by frame, for all there are in the frames of `clip`,
// until it returns false. Objects under `not`, in other streams, or counted
// where none would do are not asked for. Frames come from frame tables;
// nothing is decoded.
absl::Status VisitClipBoxes(const Query& query, const QueryClip& clip,
                            StoreFacts* facts, StoreReader* store,
                            const std::function<bool(const ClipBox&)>& visit);

}  // namespace fovea

#endif  // FOVEA_API_CLIP_BOXES_H_
