// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times of samples, as a sensor's clock gave them: a line that was rounded,
// perhaps with jitter, perhaps through a float of seconds. What is left of a
// line, or of the median step, goes through an adaptive coder. Any int64s are
// kept: repeated, backward, wrapping. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SAMPLE_CLOCK_H_
#define FOVEA_CODEC_SAMPLE_CLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"

namespace fovea {

// Appends `times`, of which there is at least one. Deterministic.
void EncodeSampleTimes(std::span<const int64_t> times,
                       std::vector<uint8_t>* out);

// The next `count` (at least one) times of `in`; kDataLoss on damage. Memory
// is that of `count` times at most.
absl::StatusOr<std::vector<int64_t>> DecodeSampleTimes(ByteReader* in,
                                                       size_t count);

}  // namespace fovea

#endif  // FOVEA_CODEC_SAMPLE_CLOCK_H_
