// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial and other series as a file of blocks, with an index by time.
// codec/FORMAT.md draws it; SeriesFileSource reads it.

#ifndef FOVEA_CODEC_FORMATS_SERIES_FILE_WRITER_H_
#define FOVEA_CODEC_FORMATS_SERIES_FILE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/source.h"
#include "codec/sample.h"
#include "codec/series_block.h"

namespace fovea {

// A track to write. Not all of `track` is kept: kind, suffix, codec, series.
struct SeriesFileInput {
  Track track;
  // Its profile and metadata are those of this, and need not be set.
  SeriesCoding coding;
  // Of LearnSeriesProfile(), kept in the file; empty: none.
  std::vector<uint8_t> profile;
  // Of MakeSeriesWindowPlan(), kept in the file; empty: none.
  std::vector<uint8_t> plan;
  // A block of so many rows, however long they take; 0: of the writer's time.
  size_t block_rows = 0;
  // What makes blocks of batches by `coding`; none: EncodeSeriesBlock().
  std::function<absl::StatusOr<std::vector<uint8_t>>(const SeriesBatch&,
                                                     const SeriesCoding&)>
      encode;
  // How it is coded, for people: "imu level=normal". At most 255 bytes.
  std::string coding_text;
};

// Not thread-safe. After an error only the destructor is of use.
class SeriesFileWriter {
 public:
  // Blocks span `block_ns` of a track's time. The file is seen once it is
  // whole. kInvalidArgument: no or too many tracks, one that is no imu or
  // series, no 1 to 64 channels, text too long or with control characters, a
  // profile or plan that is damaged or of other channels, block_ns below 1;
  // errors of OutputFile.
  static absl::StatusOr<std::unique_ptr<SeriesFileWriter>> Create(
      const std::string& path, std::span<const SeriesFileInput> inputs,
      int64_t block_ns);
  ~SeriesFileWriter();  // without Finish(): removes the unfinished file

  // Of inputs[track].
  absl::Status Add(size_t track, const SeriesBatch& batch);
  // Ends the track's block, and is kept between it and the next.
  absl::Status Add(size_t track, const Gap& gap);
  absl::Status Add(size_t track, const Rejected& rejected);

  absl::Status Finish();

  // Of the whole file, so far.
  uint64_t bytes() const;
  // Of the blocks of a track, so far.
  uint64_t block_bytes(size_t track) const;
  size_t blocks(size_t track) const;

 private:
  class State;
  explicit SeriesFileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_SERIES_FILE_WRITER_H_
