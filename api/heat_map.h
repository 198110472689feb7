// SPDX-License-Identifier: GPL-2.0-or-later
//
// One value per macroblock as colours, beside the frame it belongs to.

#ifndef FOVEA_API_HEAT_MAP_H_
#define FOVEA_API_HEAT_MAP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

struct HeatMap {
  std::string title;  // what is shown
  std::string scale;  // what the numbers of the scale are: "QP"
  int width = 0;      // of the picture in pixels
  int height = 0;
  int columns = 0;
  int rows = 0;
  std::vector<double> values;  // columns * rows
  // The values at the cold and the hot end; cold may be the larger one.
  double cold = 0;
  double hot = 1;
};

// A PNG file: the frame on the left, unless it is null, the map on the
// right, under a title, above a labelled scale. kInvalidArgument: sizes do
// not fit each other.
absl::StatusOr<std::vector<uint8_t>> DrawHeatMap(const HeatMap& map,
                                                 const Frame* frame,
                                                 const ColorInfo& color);

}  // namespace fovea

#endif  // FOVEA_API_HEAT_MAP_H_
