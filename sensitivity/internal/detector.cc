// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sensitivity/internal/outputs.h"
#include "sensitivity/internal/probe_weights.h"

namespace fovea::internal {
namespace {

constexpr double kSteepness = 10;
constexpr double kMargin = 0.1;  // below the threshold

// No picture is as wide; keeps areas finite.
constexpr double kMostPixels = 1e9;

float Pixels(double input, double scale) {
  return static_cast<float>(
      std::clamp(input / scale, -kMostPixels, kMostPixels));
}

}  // namespace

InputBox CentredBox(double x, double y, double width, double height) {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

double BoundedExp(double x) { return std::exp(std::min(x, 30.0)); }

double Sigmoid(double x) {
  // The exponential of a negative number cannot overflow.
  const double small = std::exp(-std::fabs(x));
  return (x < 0 ? small : 1) / (1 + small);
}

absl::StatusOr<Answer> Detector::Read(std::span<const Tensor> outputs,
                                      const Placement& placement) const {
  absl::Status status = Check(outputs);
  if (status.ok()) status = CheckPlacement(outputs, placement);
  if (status.ok()) status = CheckFinite(name_, outputs);
  if (!status.ok()) return status;
  const double lowest = std::min<double>(kLowestScore, threshold_);
  const size_t cells = CellCount(outputs);
  Answer answer;
  for (size_t i = 0; i < cells; ++i) {
    const Cell cell = CellAt(outputs, i);
    answer.scores.push_back(Bounded(cell.score));
    if (cell.score < lowest) continue;
    const InputBox box = BoxAt(outputs, i, placement);
    answer.detections.push_back({cell.label, Bounded(cell.score),
                                 Pixels(box.left, placement.scale_x),
                                 Pixels(box.top, placement.scale_y),
                                 Pixels(box.right, placement.scale_x),
                                 Pixels(box.bottom, placement.scale_y)});
  }
  answer.detections =
      SuppressDoubles(std::move(answer.detections), kDoubleOverlap);
  return answer;
}

absl::StatusOr<ScalarGradient> Detector::Differentiate(
    std::span<const Tensor> outputs, std::span<const Tensor>, Probe probe,
    uint64_t seed) const {
  absl::Status status = Check(outputs);
  if (status.ok()) status = CheckFinite(name_, outputs);
  if (!status.ok()) return status;
  ScalarGradient scalar{0, ZerosLike(outputs)};
  ProbeWeights weights(probe, seed);
  const size_t cells = CellCount(outputs);
  for (size_t i = 0; i < cells; ++i) {
    const Cell cell = CellAt(outputs, i);
    const double weight = weights.Next();
    const double x = kSteepness * (cell.score - threshold_ + kMargin);
    scalar.value += weight * Sigmoid(x);
    const double slope = weight * kSteepness * Sigmoid(x) * Sigmoid(-x);
    std::vector<float>& values = scalar.by_output[cell.output].values;
    for (const Cell::Part& part : cell.parts) {
      values[part.at] += Bounded(slope * part.slope);
    }
  }
  return scalar;
}

}  // namespace fovea::internal
