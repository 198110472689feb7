// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which pairs of cameras are found among many recordings, and which of them
// truly look at one scene.

#ifndef FOVEA_BENCH_OVERLAP_PAIR_FINDING_H_
#define FOVEA_BENCH_OVERLAP_PAIR_FINDING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_pair.h"
#include "codec/sample.h"

namespace fovea::bench {

struct NamedView {
  std::string name;
  std::vector<Frame> frames;
};

// Every recording and folder of stills below `data` that is known to the
// bench, its first two seconds; and generated scenes of 30, 50 and 75 %.
absl::StatusOr<std::vector<NamedView>> LoadViews(const std::string& data);

// Of a pair by name: true (one scene, one time), false, or not said (one
// room from opposite sides).
enum class PairTruth : uint8_t { kOneScene, kOther, kUnsaid };
PairTruth TruthOf(const std::string& first, const std::string& second);

struct FoundPair {
  std::string first, second;
  size_t rank = 0;  // among the candidates of either, 0 is nearest
  double distance = 0;
  std::vector<PairFinding> findings;  // by the rules, in their order
  PairTruth truth = PairTruth::kOther;
};

// The candidates of each view, its `nearest` others, with what is found of
// them. All rules have the homography's options of the first.
absl::StatusOr<std::vector<FoundPair>> FindPairs(
    const std::vector<NamedView>& views, const std::vector<PairRules>& rules,
    size_t nearest);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OVERLAP_PAIR_FINDING_H_
