// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/glimpse.h"

#include <algorithm>
#include <cmath>

#include "bench/reuse/knobs.h"

namespace fovea::bench::reuse {
namespace {

constexpr float kBlock = 16;          // pixels
constexpr float kPixelsOfMotion = 2;  // the grid's vectors are half-size

// Median of values, which are spoilt; 0 of none.
float MedianOf(std::vector<float>* values) {
  if (values->empty()) return 0;
  const auto middle =
      values->begin() + static_cast<ptrdiff_t>(values->size() / 2);
  std::nth_element(values->begin(), middle, values->end());
  return *middle;
}

// How a box went since the frame before: the median of its macroblocks.
struct Shift {
  float x = 0, y = 0;
};
Shift ShiftOf(const Grid& grid, const Detection& box) {
  const auto cell = [](float pixel, int cells) {
    return std::clamp(static_cast<int>(pixel / kBlock), 0, cells - 1);
  };
  std::vector<float> xs, ys;
  for (int row = cell(box.top, grid.rows); row <= cell(box.bottom, grid.rows);
       ++row) {
    for (int column = cell(box.left, grid.columns);
         column <= cell(box.right, grid.columns); ++column) {
      const auto i = static_cast<size_t>(row * grid.columns + column);
      // Vectors point to where a block was.
      xs.push_back(-kPixelsOfMotion * static_cast<float>(grid.motion_x[i]));
      ys.push_back(-kPixelsOfMotion * static_cast<float>(grid.motion_y[i]));
    }
  }
  return {MedianOf(&xs), MedianOf(&ys)};
}

class GlimpsePolicy final : public HoldPolicy {
 public:
  GlimpsePolicy(const Scene& scene, double most_changed, double most_spread)
      : scene_(scene), most_changed_(most_changed), most_spread_(most_spread) {}

  void Ran(size_t frame, const Answer& answer) override {
    HoldPolicy::Ran(frame, answer);
    boxes_ = *answer;
  }

  std::optional<Answer> Decide(size_t frame) override {
    if (held() == nullptr) return std::nullopt;
    const double spread = Track(scene_.footage->grids[frame]);
    if (spread > most_spread_ || !MayHold(frame)) return std::nullopt;
    return std::make_shared<Boxes>(boxes_);
  }

 protected:
  bool MayHold(size_t frame) override {
    return scene_.features->Get(Distance::kPixel, reference(), frame) <=
           most_changed_;
  }

 private:
  // Moves the boxes; returns the deviation of their speeds in pixels.
  double Track(const Grid& grid) {
    double sum = 0, squares = 0;
    for (Detection& box : boxes_) {
      const Shift shift = ShiftOf(grid, box);
      box.left += shift.x;
      box.right += shift.x;
      box.top += shift.y;
      box.bottom += shift.y;
      const double speed = std::hypot(shift.x, shift.y);
      sum += speed;
      squares += speed * speed;
    }
    if (boxes_.empty()) return 0;
    const auto count = static_cast<double>(boxes_.size());
    return std::sqrt(
        std::max(0.0, squares / count - (sum / count) * (sum / count)));
  }

  const Scene scene_;
  const double most_changed_, most_spread_;
  Boxes boxes_;
};

class GlimpseMethod final : public Method {
 public:
  explicit GlimpseMethod(const Scene& scene) : scene_(scene) {}
  size_t knobs() const override {
    return changes_.size() * std::size(kSpreads);
  }
  std::string KnobText(size_t knob) const override {
    return NumberText(changes_[knob % changes_.size()]) + ", " +
           NumberText(kSpreads[knob / changes_.size()]) + " px";
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<GlimpsePolicy>(scene_,
                                           changes_[knob % changes_.size()],
                                           kSpreads[knob / changes_.size()]);
  }

 private:
  static constexpr double kSpreads[] = {2, 8, 1e9};
  const Scene scene_;
  // Of the settings of the pixel threshold, so that distances are shared.
  const std::vector<double> changes_ = Geometric(1e-5, 0.9, 101);
};

}  // namespace

MethodEntry Glimpse() {
  MethodEntry entry{
      "Glimpse",
      "Glimpse (SenSys'15): run where pixels changed since the last run frame "
      "or speeds of boxes spread; else its boxes, moved by the shared grid's "
      "block motion in place of optical flow. Answers come at once here, so "
      "its cache of frames in flight is empty"};
  entry.make = [](const Scene& scene, const Task&) {
    return std::make_unique<GlimpseMethod>(scene);
  };
  return entry;
}

}  // namespace fovea::bench::reuse
