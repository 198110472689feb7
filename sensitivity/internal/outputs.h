// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every decoder asks of a network's outputs.

#ifndef FOVEA_SENSITIVITY_INTERNAL_OUTPUTS_H_
#define FOVEA_SENSITIVITY_INTERNAL_OUTPUTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sensitivity/tensor.h"

namespace fovea::internal {

// "[1, 3549, 85]".
std::string ShapeText(const std::vector<int64_t>& shape);
std::string ShapesText(std::span<const Tensor> outputs);

// Whether the sides are all positive and their product is the value count.
bool IsWhole(const Tensor& tensor);

// Whether all sides but one are 1.
bool IsLine(const Tensor& tensor);

// "model NAME: DECODER expects EXPECTED, found SHAPES".
absl::Status WrongShapes(const std::string& model, const std::string& decoder,
                         const std::string& expected,
                         std::span<const Tensor> outputs);

// kInvalidArgument when there are labels and not as many as classes.
absl::Status CheckLabelCount(const std::string& model, size_t classes,
                             size_t label_count);

// kDataLoss names the first value that is not finite.
absl::Status CheckFinite(const std::string& model,
                         std::span<const Tensor> outputs);

// kInvalidArgument unless the shapes are the same.
absl::Status CheckAlike(const std::string& model,
                        std::span<const Tensor> outputs,
                        std::span<const Tensor> reference);

// As many tensors of the same shapes, all 0.
std::vector<Tensor> ZerosLike(std::span<const Tensor> outputs);

// Of a value beyond float, the nearest float that is finite.
float Bounded(double value);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_OUTPUTS_H_
