// SPDX-License-Identifier: GPL-2.0-or-later
//
// From sensitivities to a quality map by the Lagrangian rule: bytes fall by
// the same factor per QP step everywhere, so error energy s_b * SSE_b is
// spent best when dQP = -6 * kappa * 0.5 * log2(s_b / s_ref). All functions
// are pure.

#ifndef FOVEA_CODEC_ALLOCATION_H_
#define FOVEA_CODEC_ALLOCATION_H_

#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/quality_map.h"

namespace fovea {

struct AllocationOptions {
  // 1 trusts sensitivities fully, 0 gives a uniform map. Unset: 0.7; map
  // sources choose kModelKappa under gradients.
  std::optional<double> kappa;
  int max_offset = kMaxQpOffset;  // even, 0..kMaxQpOffset
  // s_ref in the sensitivities' own unit; 0: their 95th percentile. A
  // reference kept over a stream lets an empty frame shrink to nothing.
  double reference = 0;
  // A frame that is relevant all over has nothing to give: offsets shrink
  // linearly from full at this share of relevant blocks (offset below 4)
  // to none at the other. Equal and 1: never.
  double fade_from = 0.6;
  double fade_to = 0.95;
};

// Measured best under gradients of models (docs/ACCURACY.md), where the
// stream is frozen too and chroma finer than what ChromaQpOffset() finds
// alone.
inline constexpr double kModelKappa = 1;
inline constexpr int kModelChromaQpOffset = -9;

// Map for columns x rows sensitivities, row-major. kInvalidArgument: wrong
// count, a value that is NaN, infinite or negative, options out of range.
absl::StatusOr<QualityMap> AllocateQuality(std::span<const double> sensitivity,
                                           int columns, int rows,
                                           const AllocationOptions& options);

// The finest of several models' wishes: the smallest offset per macroblock.
// One model's map alone ruins what another one needs. kInvalidArgument:
// none, or sizes differ.
absl::StatusOr<QualityMap> CombineMaps(std::span<const QualityMap> maps);

// Caps offsets at `cap` (rounded down to even) in every macroblock a box
// touches. Boxes should be those of a low score threshold: what was missed
// is not protected.
void ProtectBoxes(std::span<const Box> boxes, int cap, QualityMap* map);

// The same Lagrangian over planes: chroma QP minus luma QP for mean squared
// gradients per sample of Y', Cb and Cr, within -12..12; finer by 3 than
// equal prices of luma and chroma would have it, since chroma takes fewer
// bits at the same QP. nullopt, where the caller keeps a measured default: a
// value is not positive and finite.
std::optional<int> ChromaQpOffset(double luma, double cb, double cr);

// s_ref of a stream: the 95th percentile of each frame, averaged in the log
// domain over about `frames` frames, so that one odd frame moves it little.
class ReferenceSensitivity {
 public:
  explicit ReferenceSensitivity(double frames = 50) : frames_(frames) {}

  // Takes a frame's sensitivities in and returns s_ref; 0 before the first
  // frame that has any. Not finite or negative values are left out.
  double Update(std::span<const double> sensitivity);

 private:
  const double frames_;
  double seen_ = 0;
  double log_reference_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_ALLOCATION_H_
