// SPDX-License-Identifier: GPL-2.0-or-later
//
// Doubles on no grid, split in two: whole multiples of a power of two near
// the samples' noise, which a predictor can take, and the mantissa's bits below
// it, which are noise and are kept as they are. So a sample costs what its
// noise holds in its own precision, also where it comes near zero and floats
// are far denser than the noise. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SPLIT_FLOATS_H_
#define FOVEA_CODEC_SPLIT_FLOATS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"
#include "codec/series_channel.h"

namespace fovea {

struct SplitFloats {
  int step = 0;            // log2 of what k counts
  int precision = 0;       // bits of mantissas that are not 0 throughout, 0..52
  bool repeats = false;    // samples often repeat: it is told which
  std::vector<int64_t> k;  // one per sample, of 32 bits; the counts of
                           // negative samples are ~count
  std::vector<size_t> exceptions;  // ascending; k repeats there
  std::vector<uint8_t> rest;       // all below the steps
  size_t bytes = 0;  // of all that by codec/rice_coder.h, for comparisons
};

// nullopt where all samples are the same, or more than one in sixteen cannot
// be split: NaN, infinities, subnormal doubles, numbers of too different sizes.
std::optional<SplitFloats> SplitColumn(std::span<const double> column);

// All but k. `column`: what was split.
void PutSplitHead(const SplitFloats& split, std::span<const double> column,
                  std::vector<uint8_t>* out);

struct SplitHead {
  int step = 0;
  int precision = 0;
  bool repeats = false;
  Exceptions exceptions;
  std::span<const uint8_t> rest;  // of the bytes it was read from
};

// kDataLoss on damage.
absl::StatusOr<SplitHead> ReadSplitHead(ByteReader* in, size_t samples);

// The samples of a head and its counts, which have 32 bits. kDataLoss where the
// head has fewer bits than they need, or more.
absl::StatusOr<std::vector<double>> JoinSplit(const SplitHead& head,
                                              std::span<const int64_t> k);

}  // namespace fovea

#endif  // FOVEA_CODEC_SPLIT_FLOATS_H_
