// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns observations into rows of a batch, without losing what stands where
// they come to stand.

#ifndef FOVEA_INDEX_INTERNAL_PACK_PUTTER_H_
#define FOVEA_INDEX_INTERNAL_PACK_PUTTER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/internal/pack_encoder.h"
#include "index/observation.h"
#include "store/chunk_store.h"

namespace fovea {

// For one call. Not thread-safe.
class PackPutter {
 public:
  // Values that overwrite others keep their epoch where these `grow`.
  PackPutter(ChunkStore* store, bool grow, CommitBatch* batch)
      : store_(store), grow_(grow), batch_(batch) {}

  // The batch has this row no more.
  void Gone(std::string_view key) { known_.emplace(key); }

  // Puts all into packs; they outlive the call. kInvalidArgument, and the batch
  // is not to be committed, as CheckObservation().
  absl::Status Put(std::vector<const Observation*> observations);

 private:
  using Group = std::vector<const Observation*>;

  absl::Status PutGroup(Group group);
  absl::Status TakeOver(size_t first, Group* group);
  absl::Status PutRow(std::span<const Observation* const> rest, size_t* put);
  absl::StatusOr<uint64_t> MarkedAtLeast(const Observation& first,
                                         uint64_t span) const;
  absl::Status PutMark(const Observation& first, const Observation& last);

  ChunkStore* const store_;
  const bool grow_;
  CommitBatch* const batch_;
  PackEncoder encoder_;
  // Keys of rows that are gone, or taken over.
  std::set<std::string, std::less<>> known_;
  // By stream and label, up to where marks are known to be.
  std::map<std::pair<StreamId, std::string>, uint64_t> marked_;
  std::deque<Observation> taken_;  // over from such rows
  Group strangers_;                // of them, of other models
  uint64_t epoch_ = 0;             // of the row taken over last
};

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_PACK_PUTTER_H_
