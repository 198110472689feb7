// SPDX-License-Identifier: GPL-2.0-or-later
//
// The store's own rows, read from a catalogue.

#ifndef FOVEA_STORE_INTERNAL_CATALOGUE_STATE_H_
#define FOVEA_STORE_INTERNAL_CATALOGUE_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "store/internal/catalogue.h"
#include "store/internal/store_rows.h"

namespace fovea {

using SegmentStates = std::map<uint64_t, SegmentState>;

absl::StatusOr<SegmentStates> ReadSegmentStates(CatalogueReader* catalogue);

// Zeros in a store without commits.
absl::StatusOr<LastCommit> ReadLastCommit(CatalogueReader* catalogue);

// None when the chunk is not stored.
absl::StatusOr<std::optional<ChunkPlace>> ReadPlace(CatalogueReader* catalogue,
                                                    const ChunkId& id);

// True when some ref row of the chunk is not among `deleted`.
absl::StatusOr<bool> HasOwner(
    Catalogue* catalogue, const ChunkId& id,
    const std::function<bool(std::string_view ref_key)>& deleted);

// Owners of a chunk, in order, until `visit` returns false.
absl::Status VisitOwners(CatalogueReader* catalogue, const ChunkId& id,
                         const std::function<bool(std::string_view)>& visit);

// Families whose keys begin with a stream (those of res with a model and then
// the stream), and which grow with it without end: their rows may go by the
// range, and lie in the stream's retention class.
constexpr bool GrowsWithStreams(Family family) {
  return family == Family::kGop || family == Family::kTime ||
         family == Family::kFtab || family == Family::kBlock ||
         family == Family::kSem || family == Family::kRes ||
         family == Family::kDec;
}

// Families whose rows each new segment repeats, so that they outlive the
// segment they were written to.
constexpr bool IsInSnapshots(Family family) {
  return family == Family::kMeta || family == Family::kPrior;
}

// All rows of such families that are not the store's own, as puts.
absl::StatusOr<std::vector<RowChange>> ReadSnapshotRows(
    CatalogueReader* catalogue);

// The rows that say that a commit is in the catalogue.
void AddCommitRows(uint64_t sequence, uint64_t segment,
                   const SegmentState& state, std::vector<RowChange>* rows);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_CATALOGUE_STATE_H_
