// SPDX-License-Identifier: GPL-2.0-or-later
//
// On OpenCV's imgproc, which these features were published with.

#include "bench/reuse/feature_bank.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <unordered_map>
#include <utility>

namespace fovea::bench::reuse {
namespace {

constexpr int kChanged = 21;            // grey levels, as Reducto's settings
constexpr int kMostPixels = 1'000'000;  // of pictures taken whole
constexpr size_t kLately = 48;          // frames whose features are at hand
constexpr int kThumbSide = 50, kBlockSide = 10;
constexpr int kHandColumns = 16, kHandRows = 12;

cv::Mat ViewOf(const Plane& plane, int width, int height) {
  // OpenCV only reads; its matrix has no const view.
  return cv::Mat(height, width, CV_8U, const_cast<uint8_t*>(plane.data),
                 static_cast<size_t>(plane.stride));
}

// In BT.601, whatever the stream says: only differences are looked at. An odd
// last column or row is left out.
cv::Mat ColourOf(const Frame& frame) {
  const int width = frame.width & ~1, height = frame.height & ~1;
  cv::Mat planes(height * 3 / 2, width, CV_8U);
  ViewOf(frame.y, width, height).copyTo(planes.rowRange(0, height));
  uint8_t* chroma = planes.ptr(height);
  const int area = width / 2 * (height / 2);
  ViewOf(frame.u, width / 2, height / 2)
      .copyTo(cv::Mat(height / 2, width / 2, CV_8U, chroma));
  ViewOf(frame.v, width / 2, height / 2)
      .copyTo(cv::Mat(height / 2, width / 2, CV_8U, chroma + area));
  cv::Mat colour;
  cv::cvtColor(planes, colour, cv::COLOR_YUV2BGR_I420);
  if (width * height > kMostPixels) {
    cv::resize(colour, colour, cv::Size(), 0.5, 0.5, cv::INTER_AREA);
  }
  return colour;
}

cv::Mat GreyOf(const cv::Mat& colour) {
  cv::Mat grey;
  cv::cvtColor(colour, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

cv::Mat BlurredOf(const cv::Mat& colour) {
  cv::Mat blurred;
  cv::GaussianBlur(GreyOf(colour), blurred, cv::Size(11, 11), 0);
  return blurred;
}

// What is taken of one frame, before any is compared.
cv::Mat FeatureOf(Distance kind, const cv::Mat& colour) {
  cv::Mat feature;
  switch (kind) {
    case Distance::kArea:
      return BlurredOf(colour);
    case Distance::kEdge:
      cv::Canny(BlurredOf(colour), feature, 101, 255);
      return feature;
    case Distance::kCorner:
      cv::cornerHarris(GreyOf(colour), feature, 5, 3, 0.05);
      cv::dilate(feature, feature, cv::Mat());
      return feature;
    default:
      return colour;
  }
}

double LargestContour(const cv::Mat& mask) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(mask, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  double largest = 0;
  for (const auto& contour : contours) {
    largest = std::max(largest, cv::contourArea(contour));
  }
  return largest;
}

double DifferenceOf(Distance kind, const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  const auto pixels = static_cast<double>(a.total());
  if (kind == Distance::kCorner) return cv::countNonZero(difference) / pixels;
  if (kind == Distance::kPixel) difference = GreyOf(difference);
  cv::threshold(difference, difference, kChanged, 255, cv::THRESH_BINARY);
  if (kind != Distance::kArea) return cv::countNonZero(difference) / pixels;
  cv::dilate(difference, difference, cv::Mat());
  return LargestContour(difference) / pixels;
}

// Mean and greatest block of squared differences of 0..255 levels.
std::pair<double, double> ThumbErrors(const SmallPicture& a,
                                      const SmallPicture& b) {
  constexpr int kBlocks = kThumbSide / kBlockSide;
  std::array<double, kBlocks * kBlocks> sums{};
  double all = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    const double d = 255.0 * (static_cast<double>(a.values[i]) - b.values[i]);
    const size_t pixel = i % (kThumbSide * kThumbSide);
    const size_t row = pixel / kThumbSide / kBlockSide;
    const size_t column = pixel % kThumbSide / kBlockSide;
    sums[row * kBlocks + column] += d * d;
    all += d * d;
  }
  return {all / static_cast<double>(a.values.size()),
          *std::ranges::max_element(sums) / (3.0 * kBlockSide * kBlockSide)};
}

std::pair<double, double> GridErrors(const Grid& a, const Grid& b) {
  double all = 0, greatest = 0;
  const auto at = [&](int row, int column) {
    const auto i = static_cast<size_t>(row * a.columns + column);
    return std::abs(static_cast<double>(a.mean[i]) - b.mean[i]);
  };
  for (int row = 0; row < a.rows; ++row) {
    for (int column = 0; column < a.columns; ++column) {
      all += at(row, column);
      if (row + 1 == a.rows || column + 1 == a.columns) continue;
      greatest =
          std::max(greatest, at(row, column) + at(row + 1, column) +
                                 at(row, column + 1) + at(row + 1, column + 1));
    }
  }
  return {all / static_cast<double>(a.mean.size()), greatest / 4};
}

std::vector<float> HandOf(const Grid& grid) {
  const cv::Mat mean(grid.rows, grid.columns, CV_8U,
                     const_cast<uint8_t*>(grid.mean.data()));
  cv::Mat small;
  cv::resize(mean, small, cv::Size(kHandColumns, kHandRows), 0, 0,
             cv::INTER_AREA);
  std::vector<float> hand(small.begin<uint8_t>(), small.end<uint8_t>());
  std::vector<float> sorted = hand;
  const auto middle = sorted.begin() + static_cast<int64_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  for (float& value : hand) value -= *middle;
  return hand;
}

// Means of areas. Halving as far as it goes first takes a fifth of the time.
cv::Mat Shrunk(const Plane& plane, int width, int height, int side) {
  cv::Mat view = ViewOf(plane, width, height);
  while (view.cols >= 4 * side && view.rows >= 4 * side) {
    cv::Mat half;
    cv::resize(view, half, cv::Size(view.cols / 2, view.rows / 2), 0, 0,
               cv::INTER_AREA);
    view = half;
  }
  cv::Mat small;
  cv::resize(view, small, cv::Size(side, side), 0, 0, cv::INTER_AREA);
  return small;
}

// Planes are shrunk before they are joined: most of the work is not done.
SmallPicture SmallOf(const Frame& frame, int side) {
  const int width = frame.chroma_width(), height = frame.chroma_height();
  const std::array<cv::Mat, 3> planes = {
      Shrunk(frame.y, frame.width, frame.height, side),
      Shrunk(frame.u, width, height, side),
      Shrunk(frame.v, width, height, side)};
  cv::Mat small;
  cv::merge(planes.data(), planes.size(), small);
  cv::cvtColor(small, small, cv::COLOR_YUV2BGR);
  SmallPicture picture{side, {}};
  for (int channel = 0; channel < 3; ++channel) {
    for (int i = 0; i < side * side; ++i) {
      picture.values.push_back(
          static_cast<float>(small.at<cv::Vec3b>(i / side, i % side)[channel]) /
          255.0F);
    }
  }
  return picture;
}

}  // namespace

class FeatureBank::State {
 public:
  explicit State(const Footage& footage) : footage_(footage) {}

  double Get(Distance kind, size_t a, size_t b) {
    if (a == b) return 0;
    const uint64_t pair = std::min(a, b) * footage_.size() + std::max(a, b);
    auto& kept = kept_.distances[static_cast<size_t>(kind)];
    const auto known = kept.find(pair);
    if (known != kept.end()) return known->second;
    const double distance = Measure(kind, a, b);
    if (remember_) kept.emplace(pair, distance);
    return distance;
  }

  const SmallPicture& Small(size_t frame, int side) {
    const auto key = std::pair(frame, side);
    const auto known = kept_.smalls.find(key);
    if (known != kept_.smalls.end()) return known->second;
    if (!remember_ && kept_.smalls.size() >= kLately) kept_.smalls.clear();
    return kept_.smalls.emplace(key, SmallOf(footage_.frames[frame], side))
        .first->second;
  }

  const std::vector<float>& Hand(size_t frame) {
    const auto known = kept_.hands.find(frame);
    if (known != kept_.hands.end()) return known->second;
    return kept_.hands.emplace(frame, HandOf(footage_.grids[frame]))
        .first->second;
  }

  FeatureBank::Luma SampledLuma(size_t frame, int height) const {
    const Frame& from = footage_.frames[frame];
    FeatureBank::Luma luma{
        std::max(1, from.width * height / from.height), height, {}};
    luma.values.reserve(static_cast<size_t>(luma.width * height));
    for (int y = 0; y < height; ++y) {
      const uint8_t* row = from.y.data + static_cast<ptrdiff_t>(y) *
                                             from.height / height *
                                             from.y.stride;
      for (int x = 0; x < luma.width; ++x) {
        luma.values.push_back(row[x * from.width / luma.width]);
      }
    }
    return luma;
  }

  bool remembers() const { return remember_; }
  void Remember(bool on) {
    if (on == remember_) return;
    remember_ = on;
    std::swap(kept_, aside_);
    if (on) aside_ = Kept();
  }

 private:
  struct Kept {
    std::array<std::unordered_map<uint64_t, double>, kDistances> distances;
    std::map<std::pair<size_t, size_t>, cv::Mat> features;
    std::map<size_t, cv::Mat> colours;
    std::map<std::pair<size_t, int>, SmallPicture> smalls;
    std::map<size_t, std::vector<float>> hands;
  };

  const cv::Mat& Colour(size_t frame) {
    if (kept_.colours.size() >= kLately) kept_.colours.clear();
    auto& colour = kept_.colours[frame];
    if (colour.empty()) colour = ColourOf(footage_.frames[frame]);
    return colour;
  }

  cv::Mat Feature(Distance kind, size_t frame) {
    if (kept_.features.size() >= kDistances * kLately) kept_.features.clear();
    auto& feature = kept_.features[{static_cast<size_t>(kind), frame}];
    if (feature.empty()) feature = FeatureOf(kind, Colour(frame));
    return feature;
  }

  double Measure(Distance kind, size_t a, size_t b) {
    switch (kind) {
      case Distance::kThumb:
      case Distance::kThumbBlock: {
        // A picture may go when another comes: the first is copied.
        const SmallPicture first = Small(a, kThumbSide);
        const auto errors = ThumbErrors(first, Small(b, kThumbSide));
        return kind == Distance::kThumb ? errors.first : errors.second;
      }
      case Distance::kGrid:
        return GridErrors(footage_.grids[a], footage_.grids[b]).first;
      case Distance::kGridBlock:
        return GridErrors(footage_.grids[a], footage_.grids[b]).second;
      default: {
        const cv::Mat first = Feature(kind, a);
        return DifferenceOf(kind, first, Feature(kind, b));
      }
    }
  }

  const Footage& footage_;
  bool remember_ = true;
  Kept kept_, aside_;  // aside: what is remembered, while time is measured
};

FeatureBank::FeatureBank(const Footage& footage)
    : state_(std::make_unique<State>(footage)) {}
FeatureBank::~FeatureBank() = default;

double FeatureBank::Get(Distance kind, size_t a, size_t b) {
  return state_->Get(kind, a, b);
}
const SmallPicture& FeatureBank::Small(size_t frame, int side) {
  return state_->Small(frame, side);
}
FeatureBank::Luma FeatureBank::SampledLuma(size_t frame, int height) const {
  return state_->SampledLuma(frame, height);
}
const std::vector<float>& FeatureBank::Hand(size_t frame) {
  return state_->Hand(frame);
}
void FeatureBank::Remember(bool on) { state_->Remember(on); }
bool FeatureBank::remembers() const { return state_->remembers(); }

}  // namespace fovea::bench::reuse
