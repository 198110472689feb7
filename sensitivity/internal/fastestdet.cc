// SPDX-License-Identifier: GPL-2.0-or-later
//
// FastestDet (dog-qiuqiu, its own test script): one map of
// [1, 5 + classes, rows, columns] with objectness, four box terms and the
// classes, squashed except for the box terms.

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/detector.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

constexpr size_t kClassesFrom = 5;
constexpr double kObjectnessPower = 0.6;
constexpr double kClassPower = 0.4;

// Powers below 1 are infinitely steep at 0; below this they count as flat,
// which moves no score by more than 0.004.
constexpr double kLeast = 1e-6;

class FastestDet final : public Detector {
 public:
  using Detector::Detector;

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const bool fits = outputs.size() == 1 && outputs[0].shape.size() == 4 &&
                      outputs[0].shape[0] == 1 &&
                      outputs[0].shape[1] > int64_t{kClassesFrom} &&
                      IsWhole(outputs[0]);
    if (!fits) {
      return WrongShapes(name(), "fastestdet",
                         "one output [1, 5 + classes, rows, columns]", outputs);
    }
    return CheckLabelCount(name(), Map(outputs).classes, label_count());
  }

 protected:
  size_t CellCount(std::span<const Tensor> outputs) const override {
    return Map(outputs).cells();
  }

  Cell CellAt(std::span<const Tensor> outputs, size_t cell) const override {
    const Map map(outputs);
    size_t best = 0;
    for (size_t k = 1; k < map.classes; ++k) {
      if (map.at(kClassesFrom + k, cell) > map.at(kClassesFrom + best, cell)) {
        best = k;
      }
    }
    const double objectness = map.at(0, cell);
    const double class_score = map.at(kClassesFrom + best, cell);
    const double score =
        std::pow(std::max(objectness, kLeast), kObjectnessPower) *
        std::pow(std::max(class_score, kLeast), kClassPower);
    const auto slope = [&](double power, double value) {
      return value > kLeast ? power * score / value : 0;
    };
    return {static_cast<int>(best),
            score,
            0,
            {{{cell, slope(kObjectnessPower, objectness)},
              {(kClassesFrom + best) * map.cells() + cell,
               slope(kClassPower, class_score)}}}};
  }

  InputBox BoxAt(std::span<const Tensor> outputs, size_t cell,
                 const Placement& placement) const override {
    const Map map(outputs);
    const auto columns = static_cast<double>(map.columns);
    const auto rows = static_cast<double>(map.rows);
    const auto column = static_cast<double>(cell % map.columns);
    const auto row = static_cast<double>(cell / map.columns);
    const double width = placement.input_width;
    const double height = placement.input_height;
    return CentredBox((column + std::tanh(map.at(1, cell))) / columns * width,
                      (row + std::tanh(map.at(2, cell))) / rows * height,
                      Sigmoid(map.at(3, cell)) * width,
                      Sigmoid(map.at(4, cell)) * height);
  }

 private:
  struct Map {
    explicit Map(std::span<const Tensor> outputs)
        : values(outputs[0].values),
          classes(static_cast<size_t>(outputs[0].shape[1]) - kClassesFrom),
          rows(static_cast<size_t>(outputs[0].shape[2])),
          columns(static_cast<size_t>(outputs[0].shape[3])) {}

    size_t cells() const { return rows * columns; }
    double at(size_t channel, size_t cell) const {
      return values[channel * cells() + cell];
    }

    const std::vector<float>& values;
    const size_t classes, rows, columns;
  };
};

}  // namespace

std::unique_ptr<Decoder> NewFastestDet(const ModelCard& card,
                                       size_t label_count) {
  return std::make_unique<FastestDet>(card, label_count);
}

}  // namespace fovea::internal
