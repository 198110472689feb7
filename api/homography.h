// SPDX-License-Identifier: GPL-2.0-or-later
//
// The homography between two pictures of one scene, from what features in
// them say. Runs in a plug-in, libfovea_homography.so, opened when the first
// one is asked for: programs start fast and work without it.

#ifndef FOVEA_API_HOMOGRAPHY_H_
#define FOVEA_API_HOMOGRAPHY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_geometry.h"
#include "codec/sample.h"

namespace fovea {

struct HomographyOptions {
  uint64_t seed = 1;    // of RANSAC: same pictures and seed, same answer
  int features = 2000;  // kept per picture, the strongest
  // A match counts where its distance is below this share of the next
  // best's: Lowe's test at his value.
  double ratio = 0.75;
  double most_error = 3;    // pixels from where the plane puts a match
  int longest_side = 1024;  // larger pictures are reduced first
};

struct HomographyFit {
  Homography first_to_second;  // in pixels of the pictures as given
  int features_first = 0, features_second = 0;
  int matches = 0;                    // that passed the ratio test, both ways
  std::vector<PicturePoint> inliers;  // in the second picture
};

// nullopt: too few features or matches for any plane. kUnavailable: the
// plug-in is missing, with what to install; kInvalidArgument: a picture
// without luma. Thread-safe.
absl::StatusOr<std::optional<HomographyFit>> FitHomography(
    const Frame& first, const Frame& second, const HomographyOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_HOMOGRAPHY_H_
