// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs to bodies of sem rows, one after the other: what is allocated for one
// serves the next, which is half the work where packs are small.

#ifndef FOVEA_INDEX_INTERNAL_PACK_ENCODER_H_
#define FOVEA_INDEX_INTERNAL_PACK_ENCODER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "index/internal/bit_columns.h"
#include "index/internal/box_runs.h"
#include "index/internal/pack_columns.h"
#include "index/observation.h"

namespace fovea {

// Not thread-safe.
class PackEncoder {
 public:
  // As EncodePack() (index/observation_pack.h).
  std::optional<std::string> Encode(std::span<const Observation* const> pack);

 private:
  void Begin(const FrameClock& clock, uint64_t first_track);
  void Add(const Observation& o, ClockHand* hand);
  void AddRuns(const Observation& o);
  void AddScores(const Observation& o, const BoxWalk& walk);
  int64_t AddChanges(const Observation& o, int64_t shift, ClockHand* hand);
  void AddEnd(const Observation& o, int64_t shift, ClockHand* hand);
  std::string WriteColumns();

  PackColumns columns_;
  std::vector<BoxRun> runs_;  // of one observation
  BitWriter bits_;
  // Of the observation before.
  uint64_t last_index_ = 0;
  int64_t last_start_ = 0;
  int64_t last_end_ = 0;
  uint64_t last_track_ = 0;
  size_t run_count_ = 0;  // of the pack so far
};

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_PACK_ENCODER_H_
