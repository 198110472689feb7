// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether two cameras really see one scene at one time, and where: a
// homography at several times, one of which is kept if it holds at all of
// them, and movement that both see in the same places.

#ifndef FOVEA_API_OVERLAP_PAIR_H_
#define FOVEA_API_OVERLAP_PAIR_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/homography.h"
#include "api/overlap_geometry.h"
#include "codec/sample.h"

namespace fovea {

// Both cameras at one time, and a little later.
struct PairLook {
  Frame first, first_later;
  Frame second, second_later;
};

struct PairRules {
  HomographyOptions homography;
  int least_inliers = 24;
  // Of the matches. One plane fits only part of a scene, so not most; a
  // wrong one fits next to none.
  double least_inlier_share = 0.25;
  // Looks that must agree, as a share of those taken, and how far apart two
  // of their homographies may put a point: a share of the longer side.
  double least_looks = 0.6;
  double most_drift = 0.03;
  double least_overlap = 0.1;  // of the second picture
  // Of what moves in both pictures more or less than usual, macroblock by
  // macroblock: the same place at another time has the same features, and
  // movement in the same places, but not at the same moments.
  double least_motion_correlation = 0.2;
  int margin = 8;  // pixels at the first picture's border that do not count
};

struct PairFinding {
  bool verified = false;
  std::string why_not;  // where it is not
  Homography first_to_second;
  MacroblockMask mask;  // of the second picture
  int looks = 0, agreeing = 0;
  int inliers = 0;          // mean over agreeing looks
  double inlier_share = 0;  // the same
  double drift_px = 0;      // largest among them
  double motion_correlation = 0;
  bool moved = false;  // anything; else the correlation says nothing
};

// Errors are those of FitHomography(); kInvalidArgument: no look, or
// pictures change their size.
absl::StatusOr<PairFinding> VerifyPair(std::span<const PairLook> looks,
                                       const PairRules& rules);

// The same in two steps, the long one first: the looks' homographies, where
// there are any, and what they come to.
absl::StatusOr<std::vector<HomographyFit>> FitLooks(
    std::span<const PairLook> looks, const HomographyOptions& options);
PairFinding JudgeLooks(std::span<const PairLook> looks,
                       std::span<const HomographyFit> fits,
                       const PairRules& rules);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_PAIR_H_
