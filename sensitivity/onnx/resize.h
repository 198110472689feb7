// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which samples of an axis a resized one is made from.

#ifndef FOVEA_SENSITIVITY_ONNX_RESIZE_H_
#define FOVEA_SENSITIVITY_ONNX_RESIZE_H_

#include <cstdint>
#include <vector>

#include "sensitivity/onnx/attribute_reader.h"

namespace fovea {

// How coordinates of the result are taken back to the input, in the
// standard's names.
enum class Coordinates : uint8_t {
  kHalfPixel,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfHalfPixelForNn,
};

enum class Nearest : uint8_t { kPreferFloor, kPreferCeil, kFloor, kCeil };

struct ResizeMode {
  bool linear = false;  // else the nearest sample
  Coordinates coordinates = Coordinates::kHalfPixel;
  Nearest nearest = Nearest::kPreferFloor;
};

// Of a Resize (opset 10 on) or Upsample (opset 9) node.
ResizeMode ReadResizeMode(AttributeReader* attributes);

// Sample i is (1 - share[i]) input[low[i]] + share[i] input[high[i]]; both
// are in range. `high` and `share` are empty in nearest mode.
struct ResizeTaps {
  std::vector<int64_t> low, high;
  std::vector<float> share;
};

// For sides of at least 1; `scale` is what the file says, or their ratio.
ResizeTaps TapsOf(const ResizeMode& mode, int64_t input_side,
                  int64_t output_side, double scale);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_RESIZE_H_
