// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/appearance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace fovea {
namespace {

constexpr int kMostPerSide = 24;  // pixels looked at, of a half
constexpr float kMargin = 0.125F;
constexpr float kUnknown = 0.5F;

// Bins of luma are 16 levels wide. Chroma keeps near its middle, so its bins
// are 4 wide, and the outer ones take the rest.
constexpr float kLumaWidth = 16;
constexpr float kChromaWidth = 4;
constexpr float kChromaMiddle = 128;

using Histogram = std::span<float, Appearance::kBins>;

// Shared by the two nearest bins: a little more light changes it a little.
void Count(float place, Histogram bins) {
  constexpr float kLast = Appearance::kBins - 1;
  const float at = std::clamp(place - 0.5F, 0.0F, kLast);
  const auto low = static_cast<size_t>(at);
  const float share = at - static_cast<float>(low);
  bins[low] += 1 - share;
  if (share > 0) bins[low + 1] += share;
}

// Pixels from..to-1.
struct Range {
  int from = 0, to = 0;
  int size() const { return to - from; }
  // The i-th of `count` places, evenly spread.
  int Place(int i, int count) const {
    return from + (2 * i + 1) * size() / (2 * count);
  }
};

// Of an edge-to-edge interval without its margins, inside `length` pixels.
Range Inner(float low, float high, int length) {
  const float margin = (high - low) * kMargin;
  const auto most = static_cast<float>(length);
  Range range;
  range.from = static_cast<int>(std::clamp(low + margin, 0.0F, most));
  range.to = static_cast<int>(std::ceil(std::clamp(high - margin, 0.0F, most)));
  return range;
}

void CountHalf(const Frame& frame, const Range& columns, const Range& rows,
               std::span<float> bins) {
  const auto of = [&](size_t plane) {
    return bins.subspan(plane * Appearance::kBins).first<Appearance::kBins>();
  };
  const auto at = [](const Plane& plane, int x, int y) {
    return static_cast<float>(
        plane.data[static_cast<int64_t>(y) * plane.stride + x]);
  };
  constexpr float kMiddleBin = Appearance::kBins / 2;
  const int across = std::min(columns.size(), kMostPerSide);
  const int down = std::min(rows.size(), kMostPerSide);
  for (int j = 0; j < down; ++j) {
    const int y = rows.Place(j, down);
    for (int i = 0; i < across; ++i) {
      const int x = columns.Place(i, across);
      Count(at(frame.y, x, y) / kLumaWidth, of(0));
      for (size_t c = 0; c < 2; ++c) {
        const float chroma = at(c == 0 ? frame.u : frame.v, x / 2, y / 2);
        Count((chroma - kChromaMiddle) / kChromaWidth + kMiddleBin, of(1 + c));
      }
    }
  }
  const auto samples = static_cast<float>(across * down);
  for (float& bin : bins) bin /= samples;
}

}  // namespace

Appearance Describe(const Frame& frame, const Box& box) {
  Appearance seen;
  const bool whole = std::isfinite(box.left) && std::isfinite(box.right) &&
                     std::isfinite(box.top) && std::isfinite(box.bottom);
  if (!whole) return seen;
  const Range columns = Inner(box.left, box.right, frame.width);
  const Range rows = Inner(box.top, box.bottom, frame.height);
  if (columns.size() < 1 || rows.size() < 2) return seen;
  const int middle = rows.from + rows.size() / 2;
  constexpr size_t kOfHalf = Appearance::kHistograms / 2 * Appearance::kBins;
  const std::span<float> bins(seen.bins);
  CountHalf(frame, columns, {rows.from, middle}, bins.first(kOfHalf));
  CountHalf(frame, columns, {middle, rows.to}, bins.last(kOfHalf));
  seen.known = true;
  return seen;
}

float Difference(const Appearance& a, const Appearance& b) {
  if (!a.known || !b.known) return kUnknown;
  float shared = 0;
  for (size_t i = 0; i < a.bins.size(); ++i) {
    shared += std::min(a.bins[i], b.bins[i]);
  }
  return std::clamp(1 - shared / Appearance::kHistograms, 0.0F, 1.0F);
}

void Blend(const Appearance& seen, float share, Appearance* mean) {
  if (!seen.known) return;
  if (!mean->known) {
    *mean = seen;
    return;
  }
  for (size_t i = 0; i < seen.bins.size(); ++i) {
    mean->bins[i] += share * (seen.bins[i] - mean->bins[i]);
  }
}

}  // namespace fovea
