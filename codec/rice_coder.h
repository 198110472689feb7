// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sequences of integers as fixed polynomial predictions and Rice codes
// (Robinson's Shorten, 1994; partitions as FLAC has them). Any int64 is
// kept; what Rice would blow up is escaped value by value or, for a whole
// partition, stored at a fixed width.

#ifndef FOVEA_CODEC_RICE_CODER_H_
#define FOVEA_CODEC_RICE_CODER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"

namespace fovea {

inline constexpr int kMaxPredictionOrder = 3;

// Appends `values`, predicted by the polynomial of order 0 to `max_order`
// that makes the fewest bits. Deterministic. Arithmetic wraps, so there is
// no value it cannot keep.
void EncodeIntegers(std::span<const int64_t> values, int max_order,
                    std::vector<uint8_t>* out);

// The next `count` integers of `in`. kDataLoss when the bytes end early or
// say what no encoder writes. Allocates `count` integers, no more.
absl::StatusOr<std::vector<int64_t>> DecodeIntegers(ByteReader* in,
                                                    size_t count);

}  // namespace fovea

#endif  // FOVEA_CODEC_RICE_CODER_H_
