// SPDX-License-Identifier: GPL-2.0-or-later
//
// The loops over many hashes, as a table chosen at run time. The scalar
// table is the truth; every other one gives the same numbers.

#ifndef FOVEA_FILTER_INTERNAL_HASH_KERNELS_H_
#define FOVEA_FILTER_INTERNAL_HASH_KERNELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::internal {

using FineHash = std::array<uint64_t, 4>;

struct HashKernels {
  // out[i] = differing bits of hashes[i] and `key`.
  void (*distances)(const uint64_t* hashes, size_t count, uint64_t key,
                    uint8_t* out);

  // How many of `values` are at most `most`.
  size_t (*count_up_to)(const uint8_t* values, size_t count, uint8_t most);

  // The places of those, rising; `out` has room for all of them. Returns how
  // many.
  size_t (*places_up_to)(const uint8_t* values, size_t count, uint8_t most,
                         uint32_t* out);

  // out[i] = differing bits of hashes[places[i]] and `key`.
  void (*fine_distances)(const FineHash* hashes, const uint32_t* places,
                         size_t count, const FineHash& key, uint16_t* out);
};

HashKernels ScalarHashKernels();

// The fastest table for this processor.
HashKernels BestHashKernels();

// Every table compiled in that this processor can run. For tests: switches
// the process-wide choice meanwhile, so not thread-safe.
std::vector<HashKernels> RunnableHashKernels();

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_HASH_KERNELS_H_
