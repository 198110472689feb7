// SPDX-License-Identifier: GPL-2.0-or-later
//
// A line in which a program tells how likely a class is.

#ifndef FOVEA_API_CLASS_LINE_H_
#define FOVEA_API_CLASS_LINE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

struct ScoredClass {
  size_t label = 0;  // class number
  float score = 0;   // 0 to 1
  friend bool operator==(const ScoredClass&, const ScoredClass&) = default;
};

// "score,label". kDataLoss quotes a line that is none: a score outside 0 to
// 1, a label that is no number from 0 to 65,535.
absl::StatusOr<ScoredClass> ParseClassLine(std::string_view line);

}  // namespace fovea

#endif  // FOVEA_API_CLASS_LINE_H_
