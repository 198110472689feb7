// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/background_model.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fovea {
namespace {

constexpr int kRows = 100;
constexpr float kFirstVariance = 225, kLeastVariance = 4;
constexpr float kFarSquared = 16;         // of variances: 4 deviations
constexpr float kLeastRate = 1.0F / 500;  // of a frame
constexpr int kMostOfNine = 5;

// The nearest pixels of kRows rows.
std::vector<uint8_t> Sampled(const Frame& frame, int width) {
  std::vector<uint8_t> levels;
  levels.reserve(static_cast<size_t>(width) * kRows);
  for (int y = 0; y < kRows; ++y) {
    const uint8_t* line =
        frame.y.data + ptrdiff_t{y} * frame.height / kRows * frame.y.stride;
    for (int x = 0; x < width; ++x) {
      levels.push_back(line[int64_t{x} * frame.width / width]);
    }
  }
  return levels;
}

// Whether most of the 3 x 3 around a pixel are set; sides are repeated.
bool IsMostly(const std::vector<uint8_t>& mask, int width, int x, int y) {
  int set = 0;
  for (int v = y - 1; v <= y + 1; ++v) {
    for (int u = x - 1; u <= x + 1; ++u) {
      const int row = std::clamp(v, 0, kRows - 1);
      const int column = std::clamp(u, 0, width - 1);
      set += mask[static_cast<size_t>(row * width + column)];
    }
  }
  return set >= kMostOfNine;
}

}  // namespace

PictureFeature BackgroundModel::See(const Frame& frame) {
  if (frame.y.data == nullptr || frame.width <= 0 || frame.height <= 0) {
    return {};
  }
  const int width =
      std::clamp(frame.width * kRows / frame.height, 1, 16 * kRows);
  const std::vector<uint8_t> levels = Sampled(frame, width);
  if (width != width_) {
    *this = BackgroundModel();
    width_ = width;
    mean_.assign(levels.begin(), levels.end());
    variance_.assign(levels.size(), kFirstVariance);
  }
  rate_ = std::max(kLeastRate, rate_ / (1 + rate_));
  std::vector<uint8_t> front(levels.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    const float apart = levels[i] - mean_[i], squared = apart * apart;
    front[i] = squared > kFarSquared * variance_[i];
    mean_[i] += rate_ * apart;
    variance_[i] = std::max(kLeastVariance,
                            variance_[i] + rate_ * (squared - variance_[i]));
  }
  PictureFeature feature{width, kRows, {}, {}};
  feature.bits.resize((levels.size() + 63) / 64);
  for (size_t i = 0; i < levels.size(); ++i) {
    const int at = static_cast<int>(i);
    const bool set = IsMostly(front, width, at % width, at / width);
    feature.bits[i / 64] |= uint64_t{set} << (i % 64);
  }
  return feature;
}

}  // namespace fovea
