// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far ours is ahead of the best published rival and of holding every k-th
// answer, recording by recording: means hide where a method is behind.

#ifndef FOVEA_BENCH_REUSE_CLIP_MARGINS_H_
#define FOVEA_BENCH_REUSE_CLIP_MARGINS_H_

#include <string>
#include <vector>

#include "bench/reuse/report.h"

namespace fovea::bench::reuse {

// Of one recording at one target; in shares of its frames.
struct ClipMargin {
  std::string clip;
  double avoided = 0;       // by ours
  bool kept = true;         // ours kept the target
  std::string rival;        // the one that avoids most; "": none avoids any
  double over_rival = 0;    // below 0: ours is behind
  double over_every_k = 0;  // the same
};

// Of method `ours`. With `hindsight` each method at the setting best on what
// is judged; else at that chosen on the first part, and a rival or every k
// that missed the target avoids nothing. `results` are of one model and loss.
// Empty where there is no such method.
std::vector<ClipMargin> MarginsOf(const std::vector<ClipResult>& results,
                                  const std::string& ours, double target,
                                  bool hindsight);

// On how many recordings ours kept the target and is at most a point behind
// the best rival; or ahead of every k, or level where that avoids nothing.
struct MarginCount {
  int clips = 0, near_rival = 0, ahead_of_every_k = 0;
};
MarginCount CountMargins(const std::vector<ClipMargin>& margins);

// Both of ours at 90 and 95 %, as a section of a page. Of one model and loss.
std::string MarginTables(const std::vector<ClipResult>& results);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_CLIP_MARGINS_H_
