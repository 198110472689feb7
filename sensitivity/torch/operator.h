// SPDX-License-Identifier: GPL-2.0-or-later
//
// ONNX operators over torch tensors: one row of a table each. A row's maker
// reads the node's attributes when the network is opened and refuses there
// what is not done; what it returns runs as often as wanted.

#ifndef FOVEA_SENSITIVITY_TORCH_OPERATOR_H_
#define FOVEA_SENSITIVITY_TORCH_OPERATOR_H_

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sensitivity/onnx/attribute_reader.h"
#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// An undefined tensor stands for an optional input that was left out.
using Values = std::vector<at::Tensor>;

// Floats in and out are 32 bits, integers 64; integers and booleans never
// ask for gradients. Throws what torch throws when the inputs do not fit.
using Operator = std::function<Values(const Values&)>;

struct OperatorRow {
  std::string_view op;
  size_t least_inputs;
  size_t most_inputs;  // as many are handed over; kAny: as many as there are
  Operator (*make)(AttributeReader*);
  size_t most_outputs = 1;

  static constexpr size_t kAny = SIZE_MAX;
};

std::span<const OperatorRow> ElementwiseOperators();
std::span<const OperatorRow> ReductionOperators();
std::span<const OperatorRow> ShapeOperators();
std::span<const OperatorRow> WindowOperators();

// kUnimplemented names operator and node; kDataLoss: the node's inputs,
// outputs or attributes contradict the standard.
absl::StatusOr<Operator> MakeOperator(const OnnxNode& node, int opset);

// What several operators need.

// The numbers in a tensor of integers.
std::vector<int64_t> Integers(const at::Tensor& tensor);

// `axis` counted from the front, where -1 is the last of `rank`.
int64_t Axis(int64_t axis, int64_t rank);
std::vector<int64_t> Axes(std::vector<int64_t> axes, int64_t rank);

// Throws for a shape of so many values that none of that size is made.
void CheckShape(at::IntArrayRef shape);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TORCH_OPERATOR_H_
