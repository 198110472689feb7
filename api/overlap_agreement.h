// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model still sees of two cameras that look at one scene. An object
// that both see is kept as long as one of them keeps it: the same object is
// found in both pictures on the originals, by the homography between them.

#ifndef FOVEA_API_OVERLAP_AGREEMENT_H_
#define FOVEA_API_OVERLAP_AGREEMENT_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "api/overlap_geometry.h"
#include "sensitivity/agreement.h"
#include "sensitivity/detection.h"

namespace fovea {

struct PairAnswers {
  std::vector<Detection> first, second;  // of one moment, best first
};

// Boxes of one class that overlap this much after one has been mapped are
// one object: parallax moves what stands before the plane.
inline constexpr float kSameObjectOverlap = 0.3F;
inline constexpr float kSameBoxOverlap = 0.5F;  // before and after coding

// How far a score may move across the threshold without being counted as a
// box lost or won: codecs move all of them a little.
inline constexpr float kScoreSlack = 0.1F;

// Per box of the second picture the box of the first that is the same
// object; nullopt where there is none. Each is used once, best overlap
// first.
std::vector<std::optional<size_t>> SameObjects(
    const PairAnswers& answers, const Homography& first_to_second);

// `decoded` against `original`, answers down to kLowestScore; boxes count
// from `threshold` on. `mask`: macroblocks of the second picture where the
// first one answers for both. Of boxes of the second at least half of which
// lie there only objects of both pictures count, once, and as well as the
// better of the two views has them; all other boxes count by themselves. A
// box whose score moves across the threshold by less than `slack` is neither
// lost nor won. Soft: scores go through s(c) = 1 / (1 + exp(-20 (c -
// threshold))); distance sums |s(kept) - s(original)| over boxes of the
// originals and s(extra), weight sums s(original).
Agreement ComparePair(const PairAnswers& original, const PairAnswers& decoded,
                      const Homography& first_to_second,
                      const MacroblockMask& mask, float threshold,
                      float slack = 0);

// Boxes of the second picture that the first one does not have, from
// `threshold` on: what the second must keep, wherever the first looks.
std::vector<Box> OnlyInSecond(const PairAnswers& answers,
                              const Homography& first_to_second,
                              float threshold);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_AGREEMENT_H_
