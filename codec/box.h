// SPDX-License-Identifier: GPL-2.0-or-later
//
// An upright rectangle in pixels of the true picture: what detectors give
// and what quality maps protect.

#ifndef FOVEA_CODEC_BOX_H_
#define FOVEA_CODEC_BOX_H_

namespace fovea {

// Covers left <= x < right, top <= y < bottom. May reach outside the
// picture; empty unless left < right and top < bottom.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_BOX_H_
