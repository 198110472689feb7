// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/picture_feature.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <utility>

#include "filter/internal/luma_filters.h"

namespace fovea {
namespace {

using internal::LumaPlane;

constexpr double kFar = std::numeric_limits<double>::infinity();

// Reducto's published settings.
constexpr int kChanged = 21;  // grey levels
constexpr int kWeakEdge = 101, kStrongEdge = 255;

// Harris' response of slopes of 8 grey levels a pixel in both directions,
// 0.8 * (8^2)^2: what sensor noise does not reach.
constexpr float kLeastCorner = 3277;

// NoScope's thumbnail and blocks.
constexpr int kMeans = 50, kBlock = 10, kBlocks = kMeans / kBlock;

int FactorOf(const Frame& frame, int most_pixels) {
  int factor = 1;
  while (frame.width / (factor + 1) > 0 && frame.height / (factor + 1) > 0 &&
         int64_t{frame.width / factor} * (frame.height / factor) >
             most_pixels) {
    ++factor;
  }
  return factor;
}

PictureFeature FeatureWith(LumaPlane plane) {
  return {plane.width, plane.height, std::move(plane.levels), {}};
}

PictureFeature PackedBits(const LumaPlane& mask) {
  PictureFeature feature{mask.width, mask.height, {}, {}};
  feature.bits.resize((mask.size() + 63) / 64);
  for (size_t i = 0; i < mask.size(); ++i) {
    feature.bits[i / 64] |= uint64_t{mask.levels[i] != 0} << (i % 64);
  }
  return feature;
}

double PixelsOf(const PictureFeature& feature) {
  return static_cast<double>(feature.width) * feature.height;
}

bool AreAlike(const PictureFeature& a, const PictureFeature& b) {
  return a.width == b.width && a.height == b.height && a.width > 0 &&
         a.levels.size() == b.levels.size() && a.bits.size() == b.bits.size();
}

double SharePixels(const PictureFeature& a, const PictureFeature& b) {
  uint32_t changed = 0;
  for (size_t i = 0; i < a.levels.size(); ++i) {
    changed += std::abs(a.levels[i] - b.levels[i]) > kChanged ? 1 : 0;
  }
  return changed / PixelsOf(a);
}

double ShareArea(const PictureFeature& a, const PictureFeature& b) {
  const LumaPlane changed = internal::Changed(
      {a.width, a.height, a.levels}, {b.width, b.height, b.levels}, kChanged);
  return internal::LargestContourArea(internal::Dilated(changed)) / PixelsOf(a);
}

double ShareBits(const PictureFeature& a, const PictureFeature& b) {
  uint64_t apart = 0;
  for (size_t i = 0; i < a.bits.size(); ++i) {
    apart += static_cast<uint64_t>(std::popcount(a.bits[i] ^ b.bits[i]));
  }
  return static_cast<double>(apart) / PixelsOf(a);
}

// Sums over blocks of squared differences.
std::array<uint32_t, kBlocks * kBlocks> BlockErrors(const PictureFeature& a,
                                                    const PictureFeature& b) {
  std::array<uint32_t, kBlocks* kBlocks> errors = {};
  for (size_t i = 0; i < a.levels.size(); ++i) {
    const size_t row = i / kMeans / kBlock, column = i % kMeans / kBlock;
    const int apart = a.levels[i] - b.levels[i];
    errors[row * kBlocks + column] += static_cast<uint32_t>(apart * apart);
  }
  return errors;
}

double MeanError(const PictureFeature& a, const PictureFeature& b) {
  uint64_t sum = 0;
  for (const uint32_t error : BlockErrors(a, b)) sum += error;
  return static_cast<double>(sum) / PixelsOf(a);
}

double WorstBlock(const PictureFeature& a, const PictureFeature& b) {
  const auto errors = BlockErrors(a, b);
  return *std::ranges::max_element(errors) /
         static_cast<double>(kBlock * kBlock);
}

}  // namespace

PictureFeature FeatureOf(DifferenceKind kind, const Frame& frame,
                         int most_pixels) {
  if (frame.y.data == nullptr || frame.width <= 0 || frame.height <= 0 ||
      kind == DifferenceKind::kBackground) {
    return {};
  }
  if (kind == DifferenceKind::kMse || kind == DifferenceKind::kBlocks) {
    return FeatureWith(internal::LumaMeans(frame, kMeans));
  }
  LumaPlane luma = internal::ShrunkLuma(frame, FactorOf(frame, most_pixels));
  switch (kind) {
    case DifferenceKind::kArea:
      return FeatureWith(internal::Blurred(luma));
    case DifferenceKind::kEdge:
      return PackedBits(
          internal::Edges(internal::Blurred(luma), kWeakEdge, kStrongEdge));
    case DifferenceKind::kCorner:
      return PackedBits(
          internal::Dilated(internal::Corners(luma, kLeastCorner)));
    default:
      return FeatureWith(std::move(luma));
  }
}

double DifferenceOf(DifferenceKind kind, const PictureFeature& a,
                    const PictureFeature& b) {
  if (!AreAlike(a, b)) return kFar;
  switch (kind) {
    case DifferenceKind::kPixel:
      return SharePixels(a, b);
    case DifferenceKind::kArea:
      return ShareArea(a, b);
    case DifferenceKind::kMse:
      return MeanError(a, b);
    case DifferenceKind::kBlocks:
      return WorstBlock(a, b);
    case DifferenceKind::kEdge:
    case DifferenceKind::kCorner:
    case DifferenceKind::kBackground:
      break;
  }
  return ShareBits(a, b);
}

}  // namespace fovea
