// SPDX-License-Identifier: GPL-2.0-or-later
//
// A policy is one way of spending bytes: encoder settings and the rule its
// quality maps are made by. Plain data with a text form, so that a result
// file says by itself what was measured.

#ifndef FOVEA_BENCH_ACCURACY_POLICY_H_
#define FOVEA_BENCH_ACCURACY_POLICY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/video_encoder.h"

namespace fovea::bench {

enum class MapRule : uint8_t {
  kPlain,        // no map: x264 alone
  kProxy,        // texture and motion, no model
  kSensitivity,  // sensitivity files, the finest of their wishes
  kModels,       // the same with all else as the product chooses it
  kBoxes,        // detector boxes, coarser outside
  kBinary,       // AccMPEG's two qualities, from boxes or a file
  kFreeze,       // no map; still blocks repeat what was sent
};

// Text: the rule, then settings joined by '/', such as
// "boxes/fastestdet/+12/aq0". A setting that is absent has its default.
struct Policy {
  MapRule rule = MapRule::kPlain;
  std::string by;  // judges joined by '+', whose boxes
  // "=a+b" sensitivities of clip C are in folder/a.C.fsen and b.C.fsen
  std::string file;
  std::string folder = ".";  // not in the text: the file's digest counts
  // "@0.3" score of boxes, 0: each judge's threshold; of binary from a file
  // where it splits, 0: AccMPEG's
  double at = 0;
  int plus = 12;        // "+8" QP offset outside the boxes
  int grow = 1;         // "grow2" macroblocks by which boxes are dilated
  int hold = 1;         // "hold10" frames a map stands
  double kappa = 0.7;   // "k1" trust in sensitivities
  int cap = -1;         // "cap4" most offset inside doubtful boxes; -1: no cap
  bool freeze = false;  // "freeze" as kFreeze, under a map
  bool exact = false;   // "exact" QP = base + map, no decisions of x264
  AqMode aq = AqMode::kVariance;  // "aq0".."aq3"
  bool mb_tree = true;            // "notree"
  int chroma = -6;                // "c-9"

  // Parse(Text()) is the same policy.
  std::string Text() const;
  static absl::StatusOr<Policy> Parse(const std::string& text);
};

// What a user gets who changes nothing in x264.
inline constexpr char kDefaultPlain[] = "plain/aq1/c0";

// Expands names of sets ("grid", "grid-c0", "rivals", "boxes-c0") and policies,
// comma separated, in order and without doubles. `judges` are those of the run:
// the rivals use their boxes.
absl::StatusOr<std::vector<Policy>> ParsePolicies(
    const std::string& list, const std::vector<std::string>& judges);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_POLICY_H_
