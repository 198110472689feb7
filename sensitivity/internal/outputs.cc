// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/outputs.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fovea::internal {

std::string ShapeText(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

std::string ShapesText(std::span<const Tensor> outputs) {
  if (outputs.empty()) return "no output";
  return absl::StrJoin(outputs, " and ",
                       [](std::string* out, const Tensor& output) {
                         out->append(ShapeText(output.shape));
                       });
}

bool IsWhole(const Tensor& tensor) {
  size_t left = tensor.values.size();
  for (const int64_t side : tensor.shape) {
    if (side < 1 || left % static_cast<size_t>(side) != 0) return false;
    left /= static_cast<size_t>(side);
  }
  return left == 1;
}

bool IsLine(const Tensor& tensor) {
  const auto ones =
      std::count(tensor.shape.begin(), tensor.shape.end(), int64_t{1});
  return IsWhole(tensor) && ones + 1 >= std::ssize(tensor.shape);
}

absl::Status WrongShapes(const std::string& model, const std::string& decoder,
                         const std::string& expected,
                         std::span<const Tensor> outputs) {
  return absl::InvalidArgumentError(
      absl::StrCat("model ", model, ": decoder ", decoder, " expects ",
                   expected, ", found ", ShapesText(outputs)));
}

absl::Status CheckLabelCount(const std::string& model, size_t classes,
                             size_t label_count) {
  if (label_count == 0 || label_count == classes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("model ", model, ": expected as many labels as the network ",
                   "has classes (", classes, "), found ", label_count));
}

absl::Status CheckFinite(const std::string& model,
                         std::span<const Tensor> outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::vector<float>& values = outputs[i].values;
    const auto bad =
        std::find_if(values.begin(), values.end(),
                     [](float value) { return !std::isfinite(value); });
    if (bad == values.end()) continue;
    return absl::DataLossError(absl::StrCat(
        "model ", model, ": output ", i, ": expected finite values, found ",
        *bad, " at ", bad - values.begin()));
  }
  return absl::OkStatus();
}

absl::Status CheckAlike(const std::string& model,
                        std::span<const Tensor> outputs,
                        std::span<const Tensor> reference) {
  const bool alike = std::equal(
      outputs.begin(), outputs.end(), reference.begin(), reference.end(),
      [](const Tensor& a, const Tensor& b) {
        return a.shape == b.shape && a.values.size() == b.values.size();
      });
  if (alike) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "model ", model, ": outputs ", ShapesText(outputs),
      " cannot be compared with a reference of ", ShapesText(reference)));
}

std::vector<Tensor> ZerosLike(std::span<const Tensor> outputs) {
  std::vector<Tensor> zeros;
  for (const Tensor& output : outputs) {
    zeros.push_back({output.shape, std::vector<float>(output.values.size())});
  }
  return zeros;
}

float Bounded(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(value, -kMost, kMost));
}

}  // namespace fovea::internal
