// SPDX-License-Identifier: GPL-2.0-or-later
//
// Timestamps as steps against their median, Rice coded: a sensor's clock is
// one period and some jitter, and the median beats differences of
// differences on real recordings. Any int64s are kept: repeated, backward,
// wrapping.

#ifndef FOVEA_CODEC_TIMESTAMP_CODER_H_
#define FOVEA_CODEC_TIMESTAMP_CODER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"

namespace fovea {

// Appends `times`, of which there is at least one.
void EncodeTimes(std::span<const int64_t> times, std::vector<uint8_t>* out);

// The next `count` (at least one) times of `in`; kDataLoss on damage.
absl::StatusOr<std::vector<int64_t>> DecodeTimes(ByteReader* in, size_t count);

}  // namespace fovea

#endif  // FOVEA_CODEC_TIMESTAMP_CODER_H_
