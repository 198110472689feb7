// SPDX-License-Identifier: GPL-2.0-or-later
//
// Typed access to the rows the store keeps for itself.

#include "store/internal/catalogue_state.h"

#include "store/internal/status_macros.h"

namespace fovea {

absl::StatusOr<SegmentStates> ReadSegmentStates(CatalogueReader* catalogue) {
  SegmentStates states;
  absl::Status bad;
  FOVEA_RETURN_IF_ERROR(catalogue->Scan(
      Family::kMeta, kSegmentPrefix, kSegmentPrefixEnd,
      [&](std::string_view key, std::string_view value) {
        const absl::StatusOr<uint64_t> id = ParseSegmentKey(key);
        const absl::StatusOr<SegmentState> state = DecodeSegmentState(value);
        bad.Update(id.status());
        bad.Update(state.status());
        if (bad.ok()) states[*id] = *state;
        return bad.ok();
      }));
  FOVEA_RETURN_IF_ERROR(bad);
  return states;
}

absl::StatusOr<LastCommit> ReadLastCommit(CatalogueReader* catalogue) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue->Get(Family::kMeta, kSequenceKey));
  if (!value.has_value()) return LastCommit();
  return DecodeLastCommit(*value);
}

absl::StatusOr<std::optional<ChunkPlace>> ReadPlace(CatalogueReader* catalogue,
                                                    const ChunkId& id) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue->Get(Family::kLoc, PlaceKey(id)));
  if (!value.has_value()) return std::optional<ChunkPlace>();
  FOVEA_ASSIGN_OR_RETURN(const ChunkPlace place, DecodePlace(*value));
  return std::optional<ChunkPlace>(place);
}

absl::StatusOr<bool> HasOwner(
    Catalogue* catalogue, const ChunkId& id,
    const std::function<bool(std::string_view ref_key)>& deleted) {
  const std::string prefix = RefPrefix(id);
  bool owned = false;
  FOVEA_RETURN_IF_ERROR(catalogue->Scan(
      Family::kRef, prefix, "", [&](std::string_view key, std::string_view) {
        if (key.substr(0, prefix.size()) != prefix) return false;
        owned = !deleted(key);
        return !owned;
      }));
  return owned;
}

absl::Status VisitOwners(CatalogueReader* catalogue, const ChunkId& id,
                         const std::function<bool(std::string_view)>& visit) {
  const std::string prefix = RefPrefix(id);
  return catalogue->Scan(
      Family::kRef, prefix, "", [&](std::string_view key, std::string_view) {
        return key.starts_with(prefix) && visit(key.substr(prefix.size()));
      });
}

absl::StatusOr<std::vector<RowChange>> ReadSnapshotRows(
    CatalogueReader* catalogue) {
  std::vector<RowChange> rows;
  for (int i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    if (!IsInSnapshots(family)) continue;
    FOVEA_RETURN_IF_ERROR(catalogue->Scan(
        family, "", "", [&](std::string_view key, std::string_view value) {
          if (family != Family::kMeta || !IsStoreKey(key)) {
            rows.push_back({family, std::string(key), std::string(value)});
          }
          return true;
        }));
  }
  return rows;
}

void AddCommitRows(uint64_t sequence, uint64_t segment,
                   const SegmentState& state, std::vector<RowChange>* rows) {
  rows->push_back({Family::kMeta, std::string(kSequenceKey),
                   EncodeLastCommit({sequence, segment})});
  rows->push_back(
      {Family::kMeta, SegmentKey(segment), EncodeSegmentState(state)});
}

}  // namespace fovea
