// SPDX-License-Identifier: GPL-2.0-or-later
//
// A detector's boxes as CSV:
//
//   frame,left,top,right,bottom[,score[,label]]
//
// The first line names the columns, in any order; those of other names are
// passed over. Frames are presentation indices in any order, sides pixels of
// the true picture. What follows a # at a line's start is a comment.

#ifndef FOVEA_CODEC_BOX_FILE_H_
#define FOVEA_CODEC_BOX_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/limits.h"

namespace fovea {

struct ScoredBox {
  Box box;
  float score = 1;    // 1 where the file has none
  std::string label;  // empty where it has none
  friend bool operator==(const ScoredBox&, const ScoredBox&) = default;
};

struct BoxSequence {
  std::map<int64_t, std::vector<ScoredBox>> frames;

  // Boxes of `frame` with a score of at least `least_score`. A frame without
  // boxes in the file has those of the last one that has, when that is at
  // most `hold` frames ago.
  std::vector<Box> At(int64_t frame, int64_t hold, float least_score) const;
};

// `name` begins every error, which names the line. kInvalidArgument: a
// column is missing, a field is no finite number, a box ends before it
// begins; kResourceExhausted: beyond the limits.
absl::StatusOr<BoxSequence> ParseBoxes(const std::string& name,
                                       std::string_view text,
                                       const CodecLimits& limits);

// A text ParseBoxes() reads the same from.
std::string BoxesText(const BoxSequence& sequence);

}  // namespace fovea

#endif  // FOVEA_CODEC_BOX_FILE_H_
