// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quality maps as others make them: the published baselines to measure
// against, and what to use when there are boxes but no gradients. All
// functions are pure.

#ifndef FOVEA_CODEC_RIVAL_MAPS_H_
#define FOVEA_CODEC_RIVAL_MAPS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/allocation.h"
#include "codec/box.h"
#include "codec/quality_map.h"

namespace fovea {

// Detector boxes at the base quality, the rest coarser.
struct BoxMapOptions {
  int outside = 12;  // QP offset, even, 0..kMaxQpOffset
  int grow = 1;      // macroblocks by which boxes are dilated, 0..64
};
absl::StatusOr<QualityMap> BoxMap(std::span<const Box> boxes, int columns,
                                  int rows, const BoxMapOptions& options);

// AccMPEG (Du et al., MLSys 2022): two qualities, split where the
// sensitivity, scaled to 0..1 within the frame, passes a threshold. A frame
// whose blocks are all alike has no worse half: it keeps the base quality.
struct BinaryMapOptions {
  double threshold = 0.2;
  int grow = 1;      // as above
  int outside = 10;  // QP pair 30 and 40 of the paper
};
absl::StatusOr<QualityMap> BinaryMap(std::span<const double> sensitivity,
                                     int columns, int rows,
                                     const BinaryMapOptions& options);

// STAC (Xie and Kim, INFOCOM 2022) sorts blocks into a few classes by
// sensitivity, each with its table; in H.264 a class is a QP offset. Classes
// hold equal shares of the blocks, the most sensitive first.
absl::StatusOr<QualityMap> ClassMap(std::span<const double> sensitivity,
                                    int columns, int rows,
                                    std::span<const int> class_offsets);

// One map for a fixed camera: the mean of all sensitivities seen, allocated.
// Measured about as good as a map per frame.
class StaticMap {
 public:
  StaticMap(int columns, int rows);

  // kInvalidArgument: wrong count or a value no sensitivity can have;
  // nothing is taken in then.
  absl::Status Add(std::span<const double> sensitivity);

  // kFailedPrecondition before the first Add().
  absl::StatusOr<QualityMap> Allocate(const AllocationOptions& options) const;

 private:
  const int columns_;
  const int rows_;
  size_t frames_ = 0;
  std::vector<double> sum_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_RIVAL_MAPS_H_
