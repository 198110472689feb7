// SPDX-License-Identifier: GPL-2.0-or-later
//
// This file is compiled once per instruction set (Highway's foreach_target),
// so everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE exists
// several times. SumsOf8 adds each 8 neighbouring bytes into a 64-bit lane,
// which is exactly one block row per lane: no shuffles are needed.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/internal/grid_kernels.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>

#include "codec/internal/grid_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::internal {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR  // no vectors, so nothing to gain

GridKernels TargetKernels() { return ScalarGridKernels(); }

#else

namespace hn = hwy::HWY_NAMESPACE;

template <class V>
HWY_INLINE V AbsoluteDifference(V a, V b) {
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

// Rounded 2x2 means of the byte pairs in `top` and `bottom`, in the low
// byte of each 16-bit lane.
template <class D16, class V8>
HWY_INLINE hn::Vec<D16> PairMeans(D16 d16, V8 top, V8 bottom) {
  const auto low = hn::Set(d16, 0x00FF);
  const auto t = hn::BitCast(d16, top);
  const auto b = hn::BitCast(d16, bottom);
  const auto even = hn::Add(hn::And(t, low), hn::And(b, low));
  const auto odd = hn::Add(hn::ShiftRight<8>(t), hn::ShiftRight<8>(b));
  return hn::ShiftRight<2>(hn::Add(hn::Add(even, odd), hn::Set(d16, 2)));
}

void HalveRows(const uint8_t* HWY_RESTRICT top,
               const uint8_t* HWY_RESTRICT bottom, int count,
               uint8_t* HWY_RESTRICT out) {
  const hn::ScalableTag<uint8_t> d8;
  const hn::RepartitionToWide<decltype(d8)> d16;
  const int step = static_cast<int>(hn::Lanes(d8));
  int i = 0;
  for (; i + step <= count; i += step) {
    const auto low = PairMeans(d16, hn::LoadU(d8, top + 2 * i),
                               hn::LoadU(d8, bottom + 2 * i));
    const auto high = PairMeans(d16, hn::LoadU(d8, top + 2 * i + step),
                                hn::LoadU(d8, bottom + 2 * i + step));
    hn::StoreU(hn::ConcatEven(d8, hn::BitCast(d8, high), hn::BitCast(d8, low)),
               d8, out + i);
  }
  for (; i < count; ++i) {
    out[i] = static_cast<uint8_t>(
        (top[2 * i] + top[2 * i + 1] + bottom[2 * i] + bottom[2 * i + 1] + 2) >>
        2);
  }
}

// As many adjacent blocks as D8 has 64-bit lanes.
template <class D8>
HWY_INLINE void SumVectorOfBlocks(D8 d8, PixelPointer current,
                                  PixelPointer previous,
                                  BlockSums* HWY_RESTRICT out) {
  const hn::Repartition<uint64_t, D8> d64;
  auto pixels = hn::Zero(d64);
  auto difference = hn::Zero(d64);
  for (int y = 0; y < kGridBlock; ++y) {
    const auto row = hn::LoadU(d8, current.data + y * current.stride);
    pixels = hn::Add(pixels, hn::SumsOf8(row));
    if (previous.data == nullptr) continue;
    const auto old = hn::LoadU(d8, previous.data + y * previous.stride);
    difference = hn::Add(difference, hn::SumsOf8(AbsoluteDifference(row, old)));
  }
  auto mean = hn::ShiftRight<6>(hn::Add(pixels, hn::Set(d64, 32)));
  mean = hn::Or(mean, hn::ShiftLeft<8>(mean));
  mean = hn::Or(mean, hn::ShiftLeft<16>(mean));
  mean = hn::Or(mean, hn::ShiftLeft<32>(mean));
  const auto mean8 = hn::BitCast(d8, mean);
  auto deviation = hn::Zero(d64);
  for (int y = 0; y < kGridBlock; ++y) {
    const auto row = hn::LoadU(d8, current.data + y * current.stride);
    deviation = hn::Add(deviation, hn::SumsOf8(AbsoluteDifference(row, mean8)));
  }
  constexpr size_t kMaxLanes = 64;
  alignas(64) uint64_t lanes[3][kMaxLanes];
  hn::Store(pixels, d64, lanes[0]);
  hn::Store(deviation, d64, lanes[1]);
  hn::Store(difference, d64, lanes[2]);
  for (size_t i = 0; i < hn::Lanes(d64); ++i) {
    out[i] = {static_cast<uint16_t>(lanes[0][i]),
              static_cast<uint16_t>(lanes[1][i]),
              static_cast<uint16_t>(lanes[2][i])};
  }
}

void SumBlocks(PixelPointer current, PixelPointer previous, int count,
               BlockSums* HWY_RESTRICT out) {
  const hn::CappedTag<uint8_t, 64> wide;
  const hn::CappedTag<uint8_t, kGridBlock> one;
  const int step = static_cast<int>(hn::Lanes(wide)) / kGridBlock;
  const auto advance = [&](int blocks) {
    current.data += blocks * kGridBlock;
    if (previous.data != nullptr) previous.data += blocks * kGridBlock;
    out += blocks;
    count -= blocks;
  };
  while (count >= step) {
    SumVectorOfBlocks(wide, current, previous, out);
    advance(step);
  }
  while (count > 0) {
    SumVectorOfBlocks(one, current, previous, out);
    advance(1);
  }
}

// Two block rows side by side in one 128-bit vector.
HWY_INLINE hn::Vec<hn::FixedTag<uint8_t, 16>> LoadTwoRows(const uint8_t* from,
                                                          ptrdiff_t stride) {
  const hn::FixedTag<uint8_t, 16> pair;
  const hn::FixedTag<uint8_t, 8> row;
  return hn::Combine(pair, hn::LoadU(row, from + stride), hn::LoadU(row, from));
}

void CompareFour(PixelPointer current, const uint8_t* const candidate[4],
                 ptrdiff_t stride, uint32_t sad[4]) {
  const hn::FixedTag<uint64_t, 2> d64;
  const auto rows01 = LoadTwoRows(current.data, current.stride);
  const auto rows23 =
      LoadTwoRows(current.data + 2 * current.stride, current.stride);
  const auto rows45 =
      LoadTwoRows(current.data + 4 * current.stride, current.stride);
  const auto rows67 =
      LoadTwoRows(current.data + 6 * current.stride, current.stride);
  for (int i = 0; i < 4; ++i) {
    const uint8_t* from = candidate[i];
    const auto a = AbsoluteDifference(rows01, LoadTwoRows(from, stride));
    const auto b =
        AbsoluteDifference(rows23, LoadTwoRows(from + 2 * stride, stride));
    const auto c =
        AbsoluteDifference(rows45, LoadTwoRows(from + 4 * stride, stride));
    const auto d =
        AbsoluteDifference(rows67, LoadTwoRows(from + 6 * stride, stride));
    const auto sums = hn::Add(hn::Add(hn::SumsOf8(a), hn::SumsOf8(b)),
                              hn::Add(hn::SumsOf8(c), hn::SumsOf8(d)));
    sad[i] = static_cast<uint32_t>(
        hn::GetLane(hn::Add(sums, hn::Reverse(d64, sums))));
  }
}

GridKernels TargetKernels() { return {HalveRows, SumBlocks, CompareFour}; }

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace fovea::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace fovea::internal {

HWY_EXPORT(TargetKernels);

GridKernels BestGridKernels() { return HWY_DYNAMIC_DISPATCH(TargetKernels)(); }

std::vector<GridKernels> RunnableGridKernels() {
  std::vector<GridKernels> tables = {ScalarGridKernels()};
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    tables.push_back(BestGridKernels());
  }
  hwy::SetSupportedTargetsForTest(0);
  return tables;
}

}  // namespace fovea::internal

#endif  // HWY_ONCE
