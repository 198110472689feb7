// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fingerprints by place, 0 to size() - 1, and which of them are nearest to
// another: a flat scan, which at 64 bits an entry is faster than an index
// that must be kept while entries come and go.

#ifndef FOVEA_FILTER_INTERNAL_HASH_LIST_H_
#define FOVEA_FILTER_INTERNAL_HASH_LIST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filter/fingerprint.h"
#include "filter/internal/hash_kernels.h"

namespace fovea::internal {

// Not thread-safe, nor are its const methods: they share one buffer.
class HashList {
 public:
  // Of memory, growth of the arrays apart.
  static constexpr size_t kBytesEach =
      sizeof(uint64_t) + sizeof(FineHash) + sizeof(uint8_t);

  size_t size() const { return coarse_.size(); }

  void Append(const Fingerprint& fingerprint);

  // The last one takes its place.
  void Remove(size_t place);

  // The `most` nearest by coarse distance, of those equally far by fine
  // distance, then by place; in no order. Most of them, where there are that
  // many, are found without a look at any fine hash.
  std::vector<uint32_t> Nearest(const Fingerprint& to, size_t most) const;

  // Those with this coarse hash, by place.
  std::vector<uint32_t> Equal(uint64_t coarse) const;

 private:
  // Fills distances_.
  void Measure(uint64_t coarse) const;
  // The least distance up to which there are `most`, or 64.
  uint8_t Radius(size_t most) const;
  std::vector<uint32_t> UpTo(uint8_t radius) const;

  HashKernels kernels_ = BestHashKernels();
  std::vector<uint64_t> coarse_;
  std::vector<FineHash> fine_;
  mutable std::vector<uint8_t> distances_;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_HASH_LIST_H_
