// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers that go into and come out of a network.

#ifndef FOVEA_SENSITIVITY_TENSOR_H_
#define FOVEA_SENSITIVITY_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

// Row-major; values.size() is the product of shape. No shape: one number.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TENSOR_H_
