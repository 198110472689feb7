// SPDX-License-Identifier: GPL-2.0-or-later
//
// Both see every frame, run or not: backgrounds go on while answers are held.

#include "bench/reuse/background_gates.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "bench/reuse/knobs.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kRows = 100;  // of the luma looked at

cv::Mat LumaOf(const Scene& scene, size_t frame) {
  const FeatureBank::Luma luma = scene.features->SampledLuma(frame, kRows);
  return cv::Mat(luma.height, luma.width, CV_8U,
                 const_cast<uint8_t*>(luma.values.data()))
      .clone();
}

// Sees each frame once, whether it is first decided about or run at once.
class WatchingPolicy : public HoldPolicy {
 public:
  void Ran(size_t frame, const Answer& answer) override {
    Watch(frame);
    HoldPolicy::Ran(frame, answer);
  }

 protected:
  explicit WatchingPolicy(const Scene& scene) : scene_(scene) {}
  virtual void See(const cv::Mat& luma) = 0;

  void Watch(size_t frame) {
    if (frame < next_) return;
    next_ = frame + 1;
    See(LumaOf(scene_, frame));
  }

 private:
  const Scene scene_;
  size_t next_ = 0;
};

// --- Frigate ------------------------------------------------------------

constexpr double kSlowUpdate = 0.01, kFastUpdate = 0.2;
constexpr size_t kContrastFrames = 50;
constexpr int kMotionBeforeUpdate = 10;  // frames
constexpr double kSceneChange = 0.8, kCalibrated = 0.05;
constexpr size_t kCalibratedBoxes = 4, kVerifyEvery = 50;

class FrigatePolicy final : public WatchingPolicy {
 public:
  FrigatePolicy(const Scene& scene, double threshold, double least_area)
      : WatchingPolicy(scene), threshold_(threshold), least_area_(least_area) {}

 protected:
  bool MayHold(size_t frame) override {
    Watch(frame);
    return !moves_ && frame - reference() < kVerifyEvery;
  }

  void See(const cv::Mat& luma) override {
    const cv::Mat picture = Stretched(luma);
    if (average_.empty()) picture.convertTo(average_, CV_32F);
    cv::Mat average, changed;
    average_.convertTo(average, CV_8U);
    cv::absdiff(picture, average, changed);
    cv::threshold(changed, changed, threshold_, 255, cv::THRESH_BINARY);
    cv::dilate(changed, changed, cv::Mat());
    const size_t boxes = CountBoxes(changed);
    const double share =
        cv::countNonZero(changed) / static_cast<double>(changed.total());
    moves_ = boxes > 0;
    if (share > kSceneChange) calibrating_ = true;
    if (share < kCalibrated && boxes <= kCalibratedBoxes) calibrating_ = false;
    moving_frames_ = moves_ ? moving_frames_ + 1 : 0;
    if (moves_ && moving_frames_ < kMotionBeforeUpdate && !calibrating_) return;
    cv::accumulateWeighted(picture, average_,
                           calibrating_ ? kFastUpdate : kSlowUpdate);
  }

 private:
  // Contrast between the 4th and 96th percentile of lately, then blurred.
  cv::Mat Stretched(const cv::Mat& luma) {
    std::vector<uint8_t> levels(luma.datastart, luma.dataend);
    lows_.push_back(LevelAt(4, &levels));
    highs_.push_back(LevelAt(96, &levels));
    if (lows_.size() > kContrastFrames) {
      lows_.pop_front();
      highs_.pop_front();
    }
    const double count = static_cast<double>(lows_.size());
    const double low = std::accumulate(lows_.begin(), lows_.end(), 0.0) / count;
    const double high =
        std::accumulate(highs_.begin(), highs_.end(), 0.0) / count;
    const double gain = high > low ? 255 / (high - low) : 1;
    cv::Mat picture;
    luma.convertTo(picture, CV_8U, gain, -low * gain);
    cv::GaussianBlur(picture, picture, cv::Size(3, 3), 1);
    return picture;
  }

  static double LevelAt(int percent, std::vector<uint8_t>* levels) {
    const auto place = levels->begin() +
                       static_cast<ptrdiff_t>(levels->size()) * percent / 100;
    std::nth_element(levels->begin(), place, levels->end());
    return *place;
  }

  size_t CountBoxes(const cv::Mat& mask) const {
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(mask, contours, cv::RETR_EXTERNAL,
                     cv::CHAIN_APPROX_SIMPLE);
    return static_cast<size_t>(
        std::ranges::count_if(contours, [this](const auto& contour) {
          return cv::contourArea(contour) > least_area_;
        }));
  }

  const double threshold_, least_area_;
  cv::Mat average_;
  std::deque<double> lows_, highs_;
  bool calibrating_ = true, moves_ = true;
  int moving_frames_ = 0;
};

class FrigateMethod final : public Method {
 public:
  explicit FrigateMethod(const Scene& scene) : scene_(scene) {}
  size_t knobs() const override { return std::size(kLevels) * 3; }
  std::string KnobText(size_t knob) const override {
    return NumberText(kLevels[knob / 3]) + " levels, " +
           NumberText(kAreas[knob % 3]) + " px";
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<FrigatePolicy>(scene_, kLevels[knob / 3],
                                           kAreas[knob % 3]);
  }

 private:
  static constexpr double kLevels[] = {4, 8, 12, 16, 20, 30, 45, 60, 90};
  static constexpr double kAreas[] = {10, 40, 160};
  const Scene scene_;
};

// --- a Gaussian per pixel -------------------------------------------------

double ShareOf(const PictureFeature& foreground) {
  double set = 0;
  for (const uint64_t bits : foreground.bits) set += std::popcount(bits);
  return set / (static_cast<double>(foreground.width) * foreground.height);
}

class BackgroundPolicy final : public HoldPolicy {
 public:
  BackgroundPolicy(const Scene& scene, bool against_last, double most)
      : scene_(scene),
        against_last_(against_last),
        most_(most),
        detector_(scene.features->Detector(DifferenceKind::kBackground)) {}

  void Ran(size_t frame, const Answer& answer) override {
    See(frame);
    at_last_ = foreground_;
    HoldPolicy::Ran(frame, answer);
  }

 protected:
  bool MayHold(size_t frame) override {
    See(frame);
    return (against_last_ ? detector_->Apart(foreground_, at_last_)
                          : ShareOf(*foreground_)) <= most_;
  }

 private:
  void See(size_t frame) {
    if (frame < next_) return;
    next_ = frame + 1;
    foreground_ = detector_->Take(scene_.footage->frames[frame]);
  }

  const Scene scene_;
  const bool against_last_;
  const double most_;
  const std::unique_ptr<PictureDetector> detector_;
  size_t next_ = 0;
  PictureDetector::Picture foreground_, at_last_;
};

class BackgroundMethod final : public Method {
 public:
  explicit BackgroundMethod(const Scene& scene) : scene_(scene) {}
  size_t knobs() const override { return 2 * shares_.size(); }
  std::string KnobText(size_t knob) const override {
    return (knob < shares_.size() ? "area " : "change of area ") +
           NumberText(shares_[knob % shares_.size()]);
  }
  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<BackgroundPolicy>(scene_, knob >= shares_.size(),
                                              shares_[knob % shares_.size()]);
  }

 private:
  const Scene scene_;
  const std::vector<double> shares_ = Geometric(2e-4, 0.6, 51);
};

}  // namespace

MethodEntry Frigate() {
  MethodEntry entry{
      "Frigate-like",
      "motion gate of Frigate: 100 rows of luma, stretched and blurred, "
      "against a running average; run while a contour moves, and every 50 "
      "frames. Its tracking of still objects is left out"};
  entry.holds = true;
  entry.make = [](const Scene& scene, const Task&) {
    return std::make_unique<FrigateMethod>(scene);
  };
  return entry;
}

MethodEntry Background() {
  MethodEntry entry{
      "background area",
      "a running Gaussian per pixel of 100 rows (filter/background_model.h) in "
      "place of MOG2's mixture; run while the foreground, or its difference to "
      "that of the last run, is larger than a share"};
  entry.holds = true;
  entry.make = [](const Scene& scene, const Task&) {
    return std::make_unique<BackgroundMethod>(scene);
  };
  return entry;
}

}  // namespace fovea::bench::reuse
