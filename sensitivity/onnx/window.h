// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the windows of convolutions and poolings lie, axis by axis.

#ifndef FOVEA_SENSITIVITY_ONNX_WINDOW_H_
#define FOVEA_SENSITIVITY_ONNX_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensitivity/onnx/attribute_reader.h"

namespace fovea {

// One entry per spatial axis.
struct Padding {
  std::vector<int64_t> begin, end;

  bool symmetric() const { return begin == end; }
};

class Window {
 public:
  // Reads kernel_shape, strides, dilations, pads and auto_pad.
  static Window Read(AttributeReader* attributes);

  // Fills what the node left open, for weights of this spatial shape.
  // False: the node and the weights do not fit each other.
  bool Complete(const std::vector<int64_t>& kernel);

  // Empty where the node left it to the weights, until Complete().
  const std::vector<int64_t>& kernel() const { return kernel_; }
  const std::vector<int64_t>& strides() const { return strides_; }
  const std::vector<int64_t>& dilations() const { return dilations_; }
  bool has_auto_padding() const { return automatic_ != Automatic::kNone; }

  // For an input of this spatial shape, as many sides as the kernel has.
  Padding PaddingFor(const std::vector<int64_t>& input) const;

 private:
  // The odd row of automatic padding lies before or behind.
  enum class Automatic { kNone, kBefore, kBehind };

  std::vector<int64_t> kernel_, strides_, dilations_;
  Padding padding_;
  Automatic automatic_ = Automatic::kNone;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_WINDOW_H_
