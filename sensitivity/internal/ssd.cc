// SPDX-License-Identifier: GPL-2.0-or-later
//
// SSD as exported with its anchors applied: class probabilities
// [1, anchors, 1 + classes], background first, and boxes [1, anchors, 4] as
// left, top, right, bottom in 0..1 of the input, in either order.

#include <algorithm>

#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/detector.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

class Ssd final : public Detector {
 public:
  using Detector::Detector;

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const auto is_list = [](const Tensor& output) {
      return output.shape.size() == 3 && output.shape[0] == 1 &&
             output.shape[2] >= 2 && IsWhole(output);
    };
    const bool fits = outputs.size() == 2 && is_list(outputs[0]) &&
                      is_list(outputs[1]) &&
                      outputs[0].shape[1] == outputs[1].shape[1] &&
                      outputs[1 - ScoresAt(outputs)].shape[2] == 4;
    if (!fits) {
      return WrongShapes(
          name(), "ssd",
          "outputs [1, anchors, 1 + classes] and [1, anchors, 4]", outputs);
    }
    const auto columns =
        static_cast<size_t>(outputs[ScoresAt(outputs)].shape[2]);
    return CheckLabelCount(name(), columns - 1, label_count());
  }

 protected:
  size_t CellCount(std::span<const Tensor> outputs) const override {
    return static_cast<size_t>(outputs[0].shape[1]);
  }

  Cell CellAt(std::span<const Tensor> outputs, size_t cell) const override {
    const size_t scores_at = ScoresAt(outputs);
    const Tensor& scores = outputs[scores_at];
    const auto columns = static_cast<size_t>(scores.shape[2]);
    const float* line = &scores.values[cell * columns];
    const float* best = std::max_element(line + 1, line + columns);
    const auto at = static_cast<size_t>(best - scores.values.data());
    return {
        static_cast<int>(best - line) - 1, *best, scores_at, {{{at, 1}, {}}}};
  }

  InputBox BoxAt(std::span<const Tensor> outputs, size_t cell,
                 const Placement& placement) const override {
    const float* box = &outputs[1 - ScoresAt(outputs)].values[4 * cell];
    const double width = placement.input_width;
    const double height = placement.input_height;
    return {box[0] * width, box[1] * height, box[2] * width, box[3] * height};
  }

 private:
  // Where both could be boxes, scores come first.
  static size_t ScoresAt(std::span<const Tensor> outputs) {
    return outputs[0].shape[2] == 4 && outputs[1].shape[2] != 4 ? 1 : 0;
  }
};

}  // namespace

std::unique_ptr<Decoder> NewSsd(const ModelCard& card, size_t label_count) {
  return std::make_unique<Ssd>(card, label_count);
}

}  // namespace fovea::internal
