// SPDX-License-Identifier: GPL-2.0-or-later
//
// What writer and reader of series blocks share.

#ifndef FOVEA_CODEC_INTERNAL_SERIES_LAYOUT_H_
#define FOVEA_CODEC_INTERNAL_SERIES_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace fovea::internal {

inline constexpr uint8_t kVersion = 2;
inline constexpr uint8_t kVersionText = 3;  // as 2, with texts in its head
inline constexpr uint8_t kVersionBits = 0x07;
inline constexpr uint8_t kVersionAlone = 1;  // every channel by itself
inline constexpr size_t kChecksumBytes = 4;

enum Flag : uint8_t {
  kNamesMetadata = 8,
  kByProfile = 16,
  kAllOnProfile = 32,
  kBounded = 64,
  kByWindows = 128  // and neither of the two by a profile
};

enum Model : uint8_t {
  kGroupGrid = 32,
  kGroupSameGrid = 40,
  kGroupFloat = 48,
  kProfileGrid = 49,
  kLattice = 50,
  kSplit = 51
};

enum UnitsPlace : uint8_t { kNoUnits = 0, kUnitsHere = 1, kUnitsInGroup = 2 };

// Columns of numbers that are coded together.
struct Group {
  std::vector<std::vector<int64_t>> columns;
};

// kInvalidArgument: beyond the limits of codec/series_block.h.
absl::Status CheckSeriesShape(size_t samples, size_t channels, size_t values);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_SERIES_LAYOUT_H_
