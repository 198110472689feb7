// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of many tracks of one file, gathered into batches of about a second.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_SERIES_GATHERER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_SERIES_GATHERER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "codec/formats/source.h"

namespace fovea::codec_internal {

// Memory: a second of all tracks, each at most kMostValues. Not thread-safe.
class SeriesGatherer {
 public:
  explicit SeriesGatherer(size_t tracks) : tracks_(tracks) {}

  void AddRow(size_t track, int64_t time_ns, const std::vector<double>& row);

  // One sample that cannot be read; the first reason since the last batch
  // stands for all.
  void Reject(size_t track, const std::string& reason);

  // Comes after the rows that were added before.
  void Put(SourceItem item);

  // All that waits becomes items.
  void Flush();

  std::optional<SourceItem> Take();

 private:
  static constexpr size_t kMostValues = 16384;
  struct Pending {
    SeriesBatch batch;
    Rejected rejected;
  };
  void FlushTrack(size_t track);

  std::vector<Pending> tracks_;
  std::deque<SourceItem> items_;
  std::optional<int64_t> start_ns_;  // of the second being gathered
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_SERIES_GATHERER_H_
