// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was learned of one device's stream: the grid of each channel, and how
// the numbers on them go on (codec/imu/profile_trainer.h). Learned once, kept
// apart from the blocks; a block that was coded by one names it and decodes by
// the same one alone. codec/FORMAT.md draws the bytes.

#ifndef FOVEA_CODEC_SERIES_PROFILE_H_
#define FOVEA_CODEC_SERIES_PROFILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/integer_grid.h"
#include "codec/series_metadata.h"

namespace fovea {

inline constexpr size_t kMaxSeriesProfileBytes = 16'384;

class SeriesProfile {
 public:
  // kDataLoss: damaged, or of another version.
  static absl::StatusOr<SeriesProfile> Parse(std::span<const uint8_t> bytes);

  size_t channels() const { return grids_.size(); }
  const std::vector<IntegerGrid>& grids() const { return grids_; }
  // Of TrainImuProfile(), for all channels.
  const std::vector<uint8_t>& numbers() const { return numbers_; }
  // The checksum of its bytes, by which blocks name it.
  uint32_t id() const { return id_; }

  // Of the series that it was learned of; channels without names where it was
  // not said.
  const SeriesMetadata& metadata() const { return metadata_; }
  uint32_t metadata_id() const { return metadata_id_; }

 private:
  SeriesMetadata metadata_;
  uint32_t metadata_id_ = 0;
  std::vector<IntegerGrid> grids_;
  std::vector<uint8_t> numbers_;
  uint32_t id_ = 0;
};

// The bytes of a profile. `recordings`: values, rows x channels each, every
// recording in one piece of time; `metadata`: of all of them. Deterministic on
// one kind of machine. kInvalidArgument: channels outside 1 to 12, too little
// data, errors of EncodeSeriesMetadata(); kFailedPrecondition: a channel that
// is on no grid, which it names.
absl::StatusOr<std::vector<uint8_t>> LearnSeriesProfile(
    std::span<const std::vector<double>> recordings,
    const SeriesMetadata& metadata);

// Of channels without names.
absl::StatusOr<std::vector<uint8_t>> LearnSeriesProfile(
    std::span<const std::vector<double>> recordings, size_t channels);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_PROFILE_H_
