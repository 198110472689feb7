// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far samples of a series block may be from those given, channel by
// channel. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SERIES_BOUNDS_H_
#define FOVEA_CODEC_SERIES_BOUNDS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/byte_stream.h"

namespace fovea {

// kInvalidArgument: there are some, but not one for each of `channels`, or one
// is not finite or negative.
absl::Status CheckBounds(const std::vector<double>& bounds, size_t channels);

// Neighbours that are alike are told once.
void PutBounds(const std::vector<double>& bounds, std::vector<uint8_t>* out);

// kDataLoss: damaged.
absl::StatusOr<std::vector<double>> ReadBounds(size_t channels, ByteReader* in);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_BOUNDS_H_
