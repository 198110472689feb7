// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moves boxes along with what they hold while no model looks: the tracking
// half of Glimpse (Chen et al., SenSys 2015), by the shared grid's block motion
// in place of optical flow.

#ifndef FOVEA_FILTER_BOX_CARRIER_H_
#define FOVEA_FILTER_BOX_CARRIER_H_

#include "codec/box.h"
#include "codec/grid.h"

namespace fovea {

// Where the box of the frame before is in the frame that `grid` measured: moved
// by the median motion of its macroblocks that differ by 2 grey levels or
// more. As it is where fewer than a quarter do, or none is in the picture.
Box Carried(const Box& box, const Grid& grid);

}  // namespace fovea

#endif  // FOVEA_FILTER_BOX_CARRIER_H_
