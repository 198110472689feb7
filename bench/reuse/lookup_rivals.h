// SPDX-License-Identifier: GPL-2.0-or-later
//
// Other ways to what the result cache and the gate compute.

#ifndef FOVEA_BENCH_REUSE_LOOKUP_RIVALS_H_
#define FOVEA_BENCH_REUSE_LOOKUP_RIVALS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filter/result_store.h"

namespace fovea::bench {

// The entries of the nearest by hash, found in one pass that keeps the 64
// best in a heap.
class HeapScan {
 public:
  explicit HeapScan(const std::vector<Result>& entries);

  // With std::popcount as the compiler translates it for any x86-64.
  std::vector<uint32_t> Plain(const Fingerprint& to, size_t most) const;
  // With the processor's own instruction, where it has one.
  std::vector<uint32_t> Popcnt(const Fingerprint& to, size_t most) const;

 private:
  std::vector<uint64_t> hashes_;
};

// FeatureDistance, cell by cell.
float PlainFeatureDistance(const Features& a, const Features& b);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_LOOKUP_RIVALS_H_
