// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the numbers of a series are: kept once beside its blocks, which name
// it. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SERIES_METADATA_H_
#define FOVEA_CODEC_SERIES_METADATA_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/print_rule.h"
#include "codec/sample.h"

namespace fovea {

inline constexpr size_t kMaxSeriesMetadataBytes = 40'000;
inline constexpr size_t kMaxSeriesTextBytes = 255;  // of each name and text

struct SeriesMetadata {
  // In the order of a row's values, which are in these units as they are: what
  // a count of the sensor is worth is the block's or the profile's to say.
  std::vector<Channel> channels;
  std::string device;  // what recorded them; "" unknown
  std::string axes;    // how they lie in the device, as it says; "" unknown
  std::string calibration;  // where that is written which they went through
                            // or are yet to; "" unknown

  // How fields of each channel were written where they came from; empty where
  // that is not known of any.
  PrintRules rules = {};

  friend bool operator==(const SeriesMetadata&,
                         const SeriesMetadata&) = default;
};

// What a source says of a series; texts beyond kMaxSeriesTextBytes are cut.
SeriesMetadata MetadataOf(const SeriesInfo& series);

// Its bytes. kInvalidArgument: no channels or more than 64, a text beyond
// kMaxSeriesTextBytes, rules that are not of all channels.
absl::StatusOr<std::vector<uint8_t>> EncodeSeriesMetadata(
    const SeriesMetadata& metadata);

// Inverse. kDataLoss: damaged, or of another version.
absl::StatusOr<SeriesMetadata> ParseSeriesMetadata(
    std::span<const uint8_t> bytes);

// By which blocks name it: the checksum at the end of its bytes, which are
// those of EncodeSeriesMetadata().
uint32_t SeriesMetadataId(std::span<const uint8_t> bytes);

// OK where what was learned of `of` serves `series`: of the same channels,
// unless those of `of` have no names, and of the same device, unless one is
// unknown. kFailedPrecondition says how they differ.
absl::Status CheckSameDevice(const SeriesMetadata& of,
                             const SeriesMetadata& series);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_METADATA_H_
