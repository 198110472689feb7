// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a gate before the decoder sees of a camera: the size and picture type
// of each packet, whatever the codec, without a picture decoded.

#ifndef FOVEA_BENCH_REUSE_PACKETS_H_
#define FOVEA_BENCH_REUSE_PACKETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::bench::reuse {

enum class PictureType : uint8_t {
  kUnknown,
  kIntra,
  kPredicted,
  kBidirectional
};

// 'I', 'P', 'B' or '?'.
char PictureTypeLetter(PictureType type);

struct Packet {
  int64_t bytes = 0;
  PictureType type = PictureType::kUnknown;
};

// Of the first video track, in presentation order: the n-th is that of the
// n-th frame shown, where the file holds no packet without a picture.
absl::StatusOr<std::vector<Packet>> ReadPackets(const std::string& path);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_PACKETS_H_
