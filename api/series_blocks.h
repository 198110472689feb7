// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads stored blocks of one imu or series stream, with the tables that they
// name (api/coding_tables.h).

#ifndef FOVEA_API_SERIES_BLOCKS_H_
#define FOVEA_API_SERIES_BLOCKS_H_

#include <cstdint>
#include <map>
#include <span>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "codec/series_block.h"
#include "codec/series_metadata.h"
#include "codec/series_profile.h"
#include "codec/series_window_plan.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Not thread-safe. Remembers tables: one object for many blocks.
class SeriesBlocks {
 public:
  // `store` must outlive this object.
  SeriesBlocks(StoreReader* store, StreamId stream)
      : store_(store), stream_(stream) {}

  // With the batch's text where it is known. Errors of DecodeSeriesBlock() and
  // FindTable().
  absl::StatusOr<DecodedSeries> Decode(std::span<const uint8_t> block);

  // As Decode(), and that what the block says its channels are agrees
  // with `series`: kDataLoss.
  absl::StatusOr<DecodedSeries> Check(std::span<const uint8_t> block,
                                      const SeriesInfo& series);

  // The block of a row, from its bytes and chunk.
  absl::StatusOr<DecodedSeries> Read(const BlockRow& row);

  // What a block that was looked at says its series is; null where it says
  // nothing. Good as long as this object.
  absl::StatusOr<const SeriesMetadata*> Metadata(const SeriesBlockNames& names);

 private:
  absl::StatusOr<const SeriesProfile*> Profile(uint32_t id);
  absl::StatusOr<const SeriesWindowPlan*> Plan(uint32_t id);

  StoreReader* const store_;
  const StreamId stream_;
  std::map<uint32_t, SeriesProfile> profiles_;
  std::map<uint32_t, SeriesWindowPlan> plans_;
  std::map<uint32_t, SeriesMetadata> metadata_;
};

}  // namespace fovea

#endif  // FOVEA_API_SERIES_BLOCKS_H_
