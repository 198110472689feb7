// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/torch/operator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sensitivity/torch/memory_limit.h"

namespace fovea {
namespace {

const OperatorRow* FindRow(const std::string& op) {
  for (const auto rows : {ElementwiseOperators(), ReductionOperators(),
                          ShapeOperators(), WindowOperators()}) {
    for (const OperatorRow& row : rows) {
      if (row.op == op) return &row;
    }
  }
  return nullptr;
}

absl::Status CheckArity(const OnnxNode& node, const OperatorRow& row) {
  const auto& inputs = node.inputs;
  if (inputs.size() > row.most_inputs || inputs.size() < row.least_inputs) {
    return absl::DataLossError(
        absl::StrCat(NodeLabel(node), " has ", inputs.size(),
                     " inputs; at least ", row.least_inputs, " and at most ",
                     std::min<size_t>(row.most_inputs, 1 << 20), " expected"));
  }
  const size_t needed =
      row.most_inputs == OperatorRow::kAny ? inputs.size() : row.least_inputs;
  for (size_t i = 0; i < needed; ++i) {
    if (!inputs[i].empty()) continue;
    return absl::DataLossError(
        absl::StrCat(NodeLabel(node), " lacks input ", i));
  }
  for (size_t i = row.most_outputs; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    return absl::UnimplementedError(
        absl::StrCat(NodeLabel(node), ": output ", i, " is not supported"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operator> MakeOperator(const OnnxNode& node, int opset) {
  const OperatorRow* row = FindRow(node.op);
  if (row == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(NodeLabel(node), ": this operator is not supported"));
  }
  if (auto s = CheckArity(node, *row); !s.ok()) return s;
  AttributeReader attributes(node, opset);
  Operator made = row->make(&attributes);
  if (auto s = attributes.Finish(); !s.ok()) return s;
  if (row->most_inputs == OperatorRow::kAny) return made;
  return [made = std::move(made), count = row->most_inputs](const Values& in) {
    Values all = in;
    all.resize(count);
    return made(all);
  };
}

std::vector<int64_t> Integers(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.detach().to(at::kLong).contiguous();
  const auto* first = whole.data_ptr<int64_t>();
  return {first, first + whole.numel()};
}

int64_t Axis(int64_t axis, int64_t rank) {
  TORCH_CHECK(axis >= -rank && axis < rank, "axis ", axis, " of ", rank);
  return axis < 0 ? axis + rank : axis;
}

std::vector<int64_t> Axes(std::vector<int64_t> axes, int64_t rank) {
  for (int64_t& axis : axes) axis = Axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  TORCH_CHECK(std::adjacent_find(axes.begin(), axes.end()) == axes.end(),
              "an axis is named twice");
  return axes;
}

void CheckShape(at::IntArrayRef shape) {
  int64_t most = kMostTensorBytes / static_cast<int64_t>(sizeof(float));
  for (const int64_t side : shape) {
    TORCH_CHECK(side >= 0, "a side of ", side);
    if (side == 0) return;
    if (side > most) {
      RefuseMemory(absl::StrCat("shape [", absl::StrJoin(shape, ", "), "]"));
    }
    most /= side;
  }
}

}  // namespace fovea
