// SPDX-License-Identifier: GPL-2.0-or-later
//
// YOLOX (Ge et al., 2021): [1, cells, 5 + classes], a line of centre, log
// size, objectness and classes per cell, for strides 8, 16 and 32 one after
// another.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/detector.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

constexpr size_t kObjectness = 4;
constexpr size_t kClassesFrom = 5;
constexpr int kStrides[] = {8, 16, 32};

int64_t CellsOf(int width, int height) {
  int64_t cells = 0;
  for (const int stride : kStrides) {
    cells += int64_t{width / stride} * (height / stride);
  }
  return cells;
}

class Yolox final : public Detector {
 public:
  Yolox(const ModelCard& card, size_t label_count)
      : Detector(card, label_count),
        most_cells_(CellsOf(card.width, card.height)),
        any_fewer_(card.fit == Fit::kLetterbox && card.trim > 0) {}

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const bool fits =
        outputs.size() == 1 && outputs[0].shape.size() == 3 &&
        outputs[0].shape[0] == 1 && outputs[0].shape[1] <= most_cells_ &&
        (any_fewer_ || outputs[0].shape[1] == most_cells_) &&
        outputs[0].shape[2] > int64_t{kClassesFrom} && IsWhole(outputs[0]);
    if (!fits) {
      return WrongShapes(
          name(), "yolox",
          absl::StrCat("one output [1, ", any_fewer_ ? "up to " : "",
                       most_cells_, ", 5 + classes]"),
          outputs);
    }
    return CheckLabelCount(name(), Lines(outputs).size - kClassesFrom,
                           label_count());
  }

 protected:
  absl::Status CheckPlacement(std::span<const Tensor> outputs,
                              const Placement& placement) const override {
    const int64_t cells =
        CellsOf(placement.input_width, placement.input_height);
    if (outputs[0].shape[1] == cells) return absl::OkStatus();
    return WrongShapes(
        name(), "yolox",
        absl::StrCat("[1, ", cells, ", 5 + classes] for input ",
                     placement.input_width, "x", placement.input_height),
        outputs);
  }

  size_t CellCount(std::span<const Tensor> outputs) const override {
    return static_cast<size_t>(outputs[0].shape[1]);
  }

  Cell CellAt(std::span<const Tensor> outputs, size_t cell) const override {
    const Lines lines(outputs);
    const float* line = lines.at(cell);
    const float* best =
        std::max_element(line + kClassesFrom, line + lines.size);
    const double objectness = line[kObjectness], class_score = *best;
    const size_t from = cell * lines.size;
    return {static_cast<int>(best - (line + kClassesFrom)),
            objectness * class_score,
            0,
            {{{from + kObjectness, class_score},
              {from + static_cast<size_t>(best - line), objectness}}}};
  }

  InputBox BoxAt(std::span<const Tensor> outputs, size_t cell,
                 const Placement& placement) const override {
    const float* line = Lines(outputs).at(cell);
    size_t left = cell;
    for (const int stride : kStrides) {
      const auto columns = static_cast<size_t>(placement.input_width / stride);
      const size_t cells =
          columns * static_cast<size_t>(placement.input_height / stride);
      if (left >= cells) {
        left -= cells;
        continue;
      }
      const auto column = static_cast<double>(left % columns);
      const auto row = static_cast<double>(left / columns);
      return CentredBox((line[0] + column) * stride, (line[1] + row) * stride,
                        BoundedExp(line[2]) * stride,
                        BoundedExp(line[3]) * stride);
    }
    return {};  // not reached: CheckPlacement() compared the counts
  }

 private:
  struct Lines {
    explicit Lines(std::span<const Tensor> outputs)
        : values(outputs[0].values.data()),
          size(static_cast<size_t>(outputs[0].shape[2])) {}

    const float* at(size_t cell) const { return values + cell * size; }

    const float* const values;
    const size_t size;
  };

  const int64_t most_cells_;
  const bool any_fewer_;  // trimmed letterboxes are smaller inputs
};

}  // namespace

std::unique_ptr<Decoder> NewYolox(const ModelCard& card, size_t label_count) {
  return std::make_unique<Yolox>(card, label_count);
}

}  // namespace fovea::internal
