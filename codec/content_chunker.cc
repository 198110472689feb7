// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hash shifts left by one bit a byte, so its top bits depend on the last
// 64 bytes and cut points on these alone. Before the usual size a cut needs
// two more zero bits than that size asks for, after it two fewer: sizes keep
// close to it (the paper's normalisation level 2).

#include "codec/content_chunker.h"

#include <algorithm>
#include <array>
#include <bit>

namespace fovea {
namespace {

constexpr int kNormalisation = 2;
constexpr size_t kWindow = 64;

// SplitMix64 from 0 on: any table of unrelated numbers will do, if it never
// changes.
constexpr std::array<uint64_t, 256> MakeGear() {
  std::array<uint64_t, 256> gear = {};
  uint64_t state = 0;
  for (uint64_t& entry : gear) {
    state += 0x9E3779B97F4A7C15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    entry = z ^ (z >> 31);
  }
  return gear;
}
constexpr std::array<uint64_t, 256> kGear = MakeGear();

constexpr uint64_t TopBits(int count) { return ~uint64_t{0} << (64 - count); }

}  // namespace

size_t FirstChunkLength(std::span<const uint8_t> bytes,
                        const ChunkSizes& sizes) {
  const size_t end = std::min(bytes.size(), sizes.most);
  if (end <= sizes.least) return end;
  const int bits = std::countr_zero(sizes.usual);
  const size_t usual = std::min(end, sizes.usual);
  uint64_t hash = 0;
  size_t at = sizes.least;
  for (const uint64_t mask = TopBits(bits + kNormalisation); at < usual; ++at) {
    hash = (hash << 1) + kGear[bytes[at]];
    if ((hash & mask) == 0) return at + 1;
  }
  for (const uint64_t mask = TopBits(bits - kNormalisation); at < end; ++at) {
    hash = (hash << 1) + kGear[bytes[at]];
    if ((hash & mask) == 0) return at + 1;
  }
  return end;
}

bool EndsGroup(std::span<const uint8_t> bytes, uint64_t one_in) {
  uint64_t hash = 0;
  for (const uint8_t byte : bytes.last(std::min(bytes.size(), kWindow))) {
    hash = (hash << 1) + kGear[byte];
  }
  return (hash & TopBits(std::countr_zero(one_in))) == 0;
}

}  // namespace fovea
