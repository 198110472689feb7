// SPDX-License-Identifier: GPL-2.0-or-later
//
// This file is compiled once per instruction set (Highway's foreach_target),
// so everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE exists
// several times. A row of tiles becomes one line of column sums, whose five
// shifted copies add up to the tiles at every column; a mask keeps those
// kTileStep apart, which is cheaper than gathering them.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "filter/internal/feature_kernels.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>

#include <algorithm>
#include <array>

#include "filter/internal/feature_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::internal {
namespace HWY_NAMESPACE {
namespace {                   // other files have kernels by these names
#if HWY_TARGET == HWY_SCALAR  // no vectors, so nothing to gain

FeatureKernels TargetFeatureKernels() { return ScalarFeatureKernels(); }

#else

namespace hn = hwy::HWY_NAMESPACE;

void Centre(const uint8_t* HWY_RESTRICT levels, size_t count, uint8_t middle,
            int8_t* HWY_RESTRICT out) {
  const hn::ScalableTag<uint8_t> d8;
  const hn::RebindToSigned<decltype(d8)> di8;
  const size_t step = hn::Lanes(d8);
  const auto at = hn::Set(d8, middle);
  const auto most = hn::Set(d8, 127);
  size_t i = 0;
  for (; i + step <= count; i += step) {
    const auto level = hn::LoadU(d8, levels + i);
    // One of the two is zero.
    const auto above = hn::Min(hn::SaturatedSub(level, at), most);
    const auto below = hn::Min(hn::SaturatedSub(at, level), most);
    hn::StoreU(hn::BitCast(di8, hn::Sub(above, below)), di8, out + i);
  }
  ScalarFeatureKernels().centre(levels + i, count - i, middle, out + i);
}

constexpr size_t kMostLanes = 32;
// Columns whose sums are held at a time, so that they stay on the stack
// whatever the width.
constexpr size_t kStrip = 96 * kTileStep;

// All ones at each kTileStep-th lane.
constexpr auto MakeStepMask() {
  std::array<uint16_t, kMostLanes + kTileStep> mask = {};
  for (size_t i = 0; i < mask.size(); i += kTileStep) mask[i] = 0xFFFF;
  return mask;
}
constexpr auto kStepMask = MakeStepMask();

// Of as many columns from `first` on as there are lanes.
template <class D16>
HWY_INLINE hn::Vec<D16> ColumnSums(D16 d16, const TileRow& row, size_t first) {
  const hn::Rebind<uint8_t, D16> d8;
  const auto sign = hn::Set(d8, 0x80);  // int8 order as uint8 order
  auto sums = hn::Zero(d16);
  for (size_t y = 0; y < row.lines; ++y) {
    const size_t at = y * row.columns + first;
    const auto a = hn::Xor(
        hn::LoadU(d8, reinterpret_cast<const uint8_t*>(row.a + at)), sign);
    const auto b = hn::Xor(
        hn::LoadU(d8, reinterpret_cast<const uint8_t*>(row.b + at)), sign);
    const auto difference =
        hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
    sums = hn::Add(sums, hn::PromoteTo(d16, difference));
  }
  return sums;
}

// Tiles that begin in [first, first + kStrip), and the flush one if it ends
// there. What begins where fewer than kTile columns are left is part of a
// tile that is looked at, so never greater.
template <class D16>
HWY_INLINE uint32_t GreatestOfStrip(D16 d16, const TileRow& row, size_t first) {
  const size_t step = hn::Lanes(d16);
  const size_t width = std::min(row.columns - first, kStrip + kTile - 1);
  alignas(64) uint16_t room[kStrip + kTile + 3 * kMostLanes];
  uint16_t* const sums = room + kMostLanes;
  hn::StoreU(hn::Zero(d16), d16, sums + width);
  for (size_t x = first; x < first + width; x += step) {
    // The last vector ends with the line: it may begin before the strip.
    const size_t at = std::min(x, row.columns - step);
    hn::StoreU(ColumnSums(d16, row, at), d16, room + (kMostLanes + at - first));
  }
  auto greatest = hn::Zero(d16);
  for (size_t x = 0; x + kTile <= width; x += step) {
    auto tiles = hn::LoadU(d16, sums + x);
    for (size_t i = 1; i < kTile; ++i) {
      tiles = hn::Add(tiles, hn::LoadU(d16, sums + x + i));
    }
    const auto mask = hn::LoadU(d16, kStepMask.data() + x % kTileStep);
    greatest = hn::Max(greatest, hn::And(tiles, mask));
  }
  const uint32_t stepped = hn::GetLane(hn::MaxOfLanes(d16, greatest));
  if (first + width < row.columns) return stepped;
  uint32_t flush = 0;
  for (size_t x = width - kTile; x < width; ++x) flush += sums[x];
  return std::max(stepped, flush);
}

template <class D16>
HWY_INLINE uint32_t GreatestOfStrips(D16 d16, const TileRow& row) {
  uint32_t greatest = 0;
  for (size_t first = 0; first + kTile <= row.columns; first += kStrip) {
    greatest = std::max(greatest, GreatestOfStrip(d16, row, first));
  }
  return greatest;
}

uint32_t GreatestSum(const TileRow& row) {
  const hn::CappedTag<uint16_t, kMostLanes> wide;
  const hn::CappedTag<uint16_t, 8> narrow;
  if (row.columns >= hn::Lanes(wide)) return GreatestOfStrips(wide, row);
  if (row.columns >= 8) return GreatestOfStrips(narrow, row);
  return ScalarFeatureKernels().greatest_sum(row);
}

FeatureKernels TargetFeatureKernels() { return {Centre, GreatestSum}; }

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace fovea::internal {

HWY_EXPORT(TargetFeatureKernels);

FeatureKernels BestFeatureKernels() {
  return HWY_DYNAMIC_DISPATCH(TargetFeatureKernels)();
}

std::vector<FeatureKernels> RunnableFeatureKernels() {
  std::vector<FeatureKernels> tables = {ScalarFeatureKernels()};
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    tables.push_back(BestFeatureKernels());
  }
  hwy::SetSupportedTargetsForTest(0);
  return tables;
}

}  // namespace fovea::internal

#endif  // HWY_ONCE
