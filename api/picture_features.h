// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the frame table says of a picture without decoding it: grid means
// and fingerprint.

#ifndef FOVEA_API_PICTURE_FEATURES_H_
#define FOVEA_API_PICTURE_FEATURES_H_

#include "codec/canonical_gop.h"
#include "codec/grid.h"
#include "store/frame_table.h"

namespace fovea {

// Fills the grid means and the fingerprint of `entry`.
void SetFeatures(const Grid& grid, FrameEntry* entry);

// Fills everything else of `entry`.
void SetPicture(const GopPicture& picture, FrameEntry* entry);

}  // namespace fovea

#endif  // FOVEA_API_PICTURE_FEATURES_H_
