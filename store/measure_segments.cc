// SPDX-License-Identifier: GPL-2.0-or-later
//
// Counts what of each segment is wanted: chunks by their loc rows, and, where
// they leave little, rows by reading the journals.

#include <map>

#include "store/internal/catalogue_state.h"
#include "store/internal/segment_copy.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

absl::StatusOr<std::map<uint64_t, uint64_t>> LiveChunkBytes(
    Catalogue* catalogue, const Gone& gone) {
  std::map<uint64_t, uint64_t> bytes;
  absl::Status bad;
  FOVEA_RETURN_IF_ERROR(catalogue->Scan(
      Family::kLoc, "", "", [&](std::string_view key, std::string_view value) {
        const absl::StatusOr<ChunkPlace> place = DecodePlace(value);
        const absl::StatusOr<ChunkId> id = ParsePlaceKey(key);
        bad.Update(place.status());
        bad.Update(id.status());
        if (!bad.ok()) return false;
        const bool live =
            place->waiting_since == 0 && (!gone.chunk || !gone.chunk(*id));
        if (live) bytes[place->segment] += kRecordOverhead + place->length;
        return true;
      }));
  FOVEA_RETURN_IF_ERROR(bad);
  return bytes;
}

// Bytes of the rows that rewriting the segment would write.
absl::StatusOr<uint64_t> LiveRowBytes(Catalogue* catalogue,
                                      SegmentReader& reader, uint64_t end,
                                      const Gone& gone) {
  const CopyOrigin origin = {reader.id(), 0, false};
  uint64_t bytes = 0;
  const SegmentVisitor visitor = {
      [&](const RecordHeader& header) -> absl::Status {
        if (header.type != RecordType::kJournal) return absl::OkStatus();
        const auto payload = reader.ReadPayload(header);
        if (absl::IsDataLoss(payload.status())) return absl::OkStatus();
        FOVEA_RETURN_IF_ERROR(payload.status());
        FOVEA_ASSIGN_OR_RETURN(const Journal journal, DecodeJournal(*payload));
        for (const RowChange& row : journal.rows) {
          if (row.is_range() || (gone.row && gone.row(row.family, row.key))) {
            continue;
          }
          FOVEA_ASSIGN_OR_RETURN(const bool current,
                                 IsCurrent(catalogue, row, origin));
          if (current) bytes += JournalBytes({row});
        }
        return absl::OkStatus();
      },
      [](uint64_t, uint64_t, const absl::Status&) { return absl::OkStatus(); }};
  FOVEA_RETURN_IF_ERROR(WalkSegment(reader, kSegmentHeaderBytes, end, visitor));
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<SegmentSpace>> SegmentStore::MeasureSegments(
    const Gone& gone) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  FOVEA_ASSIGN_OR_RETURN(const auto chunk_bytes,
                         LiveChunkBytes(catalogue_, gone));
  std::vector<SegmentSpace> spaces;
  for (const auto& [id, state] : states) {
    if (state.retired || !folder_->Find(id).ok()) continue;
    SegmentSpace space = {id, state.end, 0};
    const auto live = chunk_bytes.find(id);
    if (live != chunk_bytes.end()) space.live_bytes = live->second;
    if (space.dead_bytes() > space.live_bytes) {
      FOVEA_ASSIGN_OR_RETURN(const auto reader, folder_->Reader(id));
      FOVEA_ASSIGN_OR_RETURN(
          const uint64_t rows,
          LiveRowBytes(catalogue_, *reader, state.end, gone));
      space.live_bytes += rows;
    }
    spaces.push_back(space);
  }
  return spaces;
}

}  // namespace fovea
