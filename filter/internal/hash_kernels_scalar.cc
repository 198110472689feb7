// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernels of hashes compute, written to be read.

#include <algorithm>
#include <bit>

#include "filter/internal/hash_kernels.h"

namespace fovea::internal {
namespace {

void Distances(const uint64_t* hashes, size_t count, uint64_t key,
               uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint8_t>(std::popcount(hashes[i] ^ key));
  }
}

size_t CountUpTo(const uint8_t* values, size_t count, uint8_t most) {
  return static_cast<size_t>(std::count_if(
      values, values + count, [&](uint8_t value) { return value <= most; }));
}

size_t PlacesUpTo(const uint8_t* values, size_t count, uint8_t most,
                  uint32_t* out) {
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    if (values[i] <= most) out[found++] = static_cast<uint32_t>(i);
  }
  return found;
}

void FineDistances(const FineHash* hashes, const uint32_t* places, size_t count,
                   const FineHash& key, uint16_t* out) {
  for (size_t i = 0; i < count; ++i) {
    int bits = 0;
    for (size_t word = 0; word < key.size(); ++word) {
      bits += std::popcount(hashes[places[i]][word] ^ key[word]);
    }
    out[i] = static_cast<uint16_t>(bits);
  }
}

}  // namespace

HashKernels ScalarHashKernels() {
  return {Distances, CountUpTo, PlacesUpTo, FineDistances};
}

}  // namespace fovea::internal
