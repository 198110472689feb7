// SPDX-License-Identifier: GPL-2.0-or-later
//
// This file is compiled once per instruction set (Highway's foreach_target),
// so everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE exists
// several times.

// The one with an instruction that counts bits.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "filter/internal/hash_kernels.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>

#include "filter/internal/hash_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::internal {
namespace HWY_NAMESPACE {
namespace {                   // other files have kernels by these names
#if HWY_TARGET == HWY_SCALAR  // no vectors, so nothing to gain

HashKernels TargetHashKernels() { return ScalarHashKernels(); }

#else

namespace hn = hwy::HWY_NAMESPACE;

void Distances(const uint64_t* HWY_RESTRICT hashes, size_t count, uint64_t key,
               uint8_t* HWY_RESTRICT out) {
  const hn::ScalableTag<uint64_t> d64;
  const hn::Rebind<uint8_t, decltype(d64)> d8;
  const size_t step = hn::Lanes(d64);
  const auto keys = hn::Set(d64, key);
  size_t i = 0;
  for (; i + step <= count; i += step) {
    const auto bits = hn::Xor(hn::LoadU(d64, hashes + i), keys);
    hn::StoreU(hn::TruncateTo(d8, hn::PopulationCount(bits)), d8, out + i);
  }
  ScalarHashKernels().distances(hashes + i, count - i, key, out + i);
}

size_t CountUpTo(const uint8_t* HWY_RESTRICT values, size_t count,
                 uint8_t most) {
  const hn::ScalableTag<uint8_t> d8;
  const size_t step = hn::Lanes(d8);
  const auto limit = hn::Set(d8, most);
  size_t found = 0, i = 0;
  for (; i + step <= count; i += step) {
    const auto value = hn::LoadU(d8, values + i);
    found += hn::CountTrue(d8, hn::Eq(hn::Min(value, limit), value));
  }
  return found + ScalarHashKernels().count_up_to(values + i, count - i, most);
}

size_t PlacesUpTo(const uint8_t* HWY_RESTRICT values, size_t count,
                  uint8_t most, uint32_t* HWY_RESTRICT out) {
  const hn::ScalableTag<uint8_t> d8;
  const size_t step = hn::Lanes(d8);
  const auto limit = hn::Set(d8, most);
  size_t found = 0;
  for (size_t i = 0; i < count; i += step) {
    const size_t here = count - i < step ? count - i : step;
    if (here == step) {
      const auto value = hn::LoadU(d8, values + i);
      // Mostly none of them is near.
      if (hn::AllFalse(d8, hn::Eq(hn::Min(value, limit), value))) continue;
    }
    for (size_t place = i; place < i + here; ++place) {
      if (values[place] <= most) out[found++] = static_cast<uint32_t>(place);
    }
  }
  return found;
}

void FineDistances(const FineHash* hashes, const uint32_t* places, size_t count,
                   const FineHash& key, uint16_t* out) {
  const hn::CappedTag<uint64_t, 4> d64;
  const size_t step = hn::Lanes(d64);
  for (size_t i = 0; i < count; ++i) {
    auto bits = hn::Zero(d64);
    for (size_t word = 0; word < key.size(); word += step) {
      bits = hn::Add(bits, hn::PopulationCount(
                               hn::Xor(hn::LoadU(d64, &hashes[places[i]][word]),
                                       hn::LoadU(d64, &key[word]))));
    }
    out[i] = static_cast<uint16_t>(hn::GetLane(hn::SumOfLanes(d64, bits)));
  }
}

HashKernels TargetHashKernels() {
  return {Distances, CountUpTo, PlacesUpTo, FineDistances};
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace fovea::internal {

HWY_EXPORT(TargetHashKernels);

HashKernels BestHashKernels() {
  return HWY_DYNAMIC_DISPATCH(TargetHashKernels)();
}

std::vector<HashKernels> RunnableHashKernels() {
  std::vector<HashKernels> tables = {ScalarHashKernels()};
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    tables.push_back(BestHashKernels());
  }
  hwy::SetSupportedTargetsForTest(0);
  return tables;
}

}  // namespace fovea::internal

#endif  // HWY_ONCE
