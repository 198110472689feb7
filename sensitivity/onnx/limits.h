// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the reader of network files refuses to go beyond. docs/LIMITS.md
// lists these for users.

#ifndef FOVEA_SENSITIVITY_ONNX_LIMITS_H_
#define FOVEA_SENSITIVITY_ONNX_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace fovea {

struct OnnxLimits {
  size_t max_file_bytes = 512U << 20;
  // All but weights and comments: a two-byte record takes up to 200 bytes
  // once parsed, so that this bounds the parser's memory.
  size_t max_structure_bytes = 16U << 20;
  size_t max_nodes = 65536;
  size_t max_tensors = 65536;  // initializers and tensors of attributes
  size_t max_rank = 16;
  int max_depth = 8;  // messages within messages
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_LIMITS_H_
