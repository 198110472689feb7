// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the inside of a box looks like, in few numbers: enough to tell the
// red car from the white one beside it, without a network.

#ifndef FOVEA_API_APPEARANCE_H_
#define FOVEA_API_APPEARANCE_H_

#include <array>
#include <cstddef>

#include "codec/box.h"
#include "codec/sample.h"

namespace fovea {

// Histograms of Y', Cb and Cr over the upper and over the lower half of a
// box: what people wear differs there, and cars from their windows. Each
// sums to 1.
struct Appearance {
  static constexpr size_t kBins = 16;
  static constexpr size_t kHistograms = 6;

  bool known = false;  // false: no pixel of the box was in the picture
  std::array<float, kHistograms* kBins> bins = {};
};

// Looks at no more than 576 pixels per half, however large the box. The
// outer eighth of each side, mostly background, does not count, nor does
// what lies outside the picture.
Appearance Describe(const Frame& frame, const Box& box);

// 0 (alike) to 1 (nothing in common): what two histograms do not share, on
// average. Unlike a distance of vectors it stays small when part of a thing
// is hidden. 0.5 where one is unknown.
float Difference(const Appearance& a, const Appearance& b);

// Moves `mean` towards what was seen by `share`, 0 to 1.
void Blend(const Appearance& seen, float share, Appearance* mean);

}  // namespace fovea

#endif  // FOVEA_API_APPEARANCE_H_
