// SPDX-License-Identifier: GPL-2.0-or-later
//
// From sensitivities to a quality map by the Lagrangian rule: bytes fall by
// the same factor per QP step everywhere, so error energy s_b * SSE_b is
// spent best when dQP = -6 * kappa * 0.5 * log2(s_b / s_ref).

#ifndef FOVEA_CODEC_ALLOCATION_H_
#define FOVEA_CODEC_ALLOCATION_H_

#include <span>

#include "absl/status/statusor.h"
#include "codec/quality_map.h"

namespace fovea {

struct AllocationOptions {
  // 1 trusts sensitivities fully, 0 gives a uniform map. Measured best on
  // noisy gradients: 0.7.
  double kappa = 0.7;
  int max_offset = kMaxQpOffset;  // even, 0..kMaxQpOffset
};

// Map for columns x rows sensitivities, row-major. s_ref is their 95th
// percentile. kInvalidArgument: wrong count, or a value that is NaN,
// infinite or negative.
absl::StatusOr<QualityMap> AllocateQuality(std::span<const double> sensitivity,
                                           int columns, int rows,
                                           const AllocationOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_ALLOCATION_H_
