// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dropping is not journalled: the rows that are gone say that their
// references are, too. So expiring a million chunks writes no million deletes,
// which would have to be kept until everything older is gone.

#include "store/internal/leaks.h"

#include <optional>
#include <set>

#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/owner.h"

namespace fovea {
namespace {

// Commits wait while so many are looked up.
constexpr size_t kReferencesAtOnce = 32;
constexpr size_t kRowsAtOnce = 4096;

// Adds what forgets a chunk without owners.
void ForgetPlace(const ChunkId& id, const ChunkPlace& place,
                 std::vector<RowChange>* rows) {
  rows->push_back({Family::kLoc, PlaceKey(id), std::nullopt});
  if (place.waiting_since == 0) return;
  rows->push_back(
      {Family::kGcq, WaitingKey(place.waiting_since, id), std::nullopt});
}

// Hands on all rows of a family, and writes what they led to in portions.
absl::Status Sweep(Catalogue* catalogue, Family family,
                   const std::function<absl::Status(
                       std::string_view key, std::string_view value,
                       std::vector<RowChange>* changes)>& look) {
  std::vector<RowChange> changes;
  absl::Status failed;
  FOVEA_RETURN_IF_ERROR(catalogue->Scan(
      family, "", "", [&](std::string_view key, std::string_view value) {
        failed = look(key, value, &changes);
        if (failed.ok() && changes.size() >= kRowsAtOnce) {
          failed = catalogue->Write(changes);
          changes.clear();
        }
        return failed.ok();
      }));
  FOVEA_RETURN_IF_ERROR(failed);
  return catalogue->Write(changes);
}

}  // namespace

absl::StatusOr<bool> IsHeld(Catalogue* catalogue, const ChunkId& chunk,
                            std::string_view owner) {
  const std::optional<OwnerRow> parsed = ParseOwner(owner);
  if (!parsed.has_value()) return true;
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue->Get(parsed->family, owner));
  return value.has_value() && RowNames(parsed->family, *value, chunk);
}

absl::StatusOr<LeakChanges> PlanDropLeaks(
    Catalogue* catalogue, std::span<const Reference> references) {
  LeakChanges changes;
  std::set<std::string> dropped;
  std::set<ChunkId> chunks;
  for (const auto& [chunk, owner] : references) {
    std::string key = RefKey(chunk, owner);
    FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> there,
                           catalogue->Get(Family::kRef, key));
    if (!there.has_value() || dropped.contains(key)) continue;
    FOVEA_ASSIGN_OR_RETURN(const bool held, IsHeld(catalogue, chunk, owner));
    if (held) continue;
    changes.rows.push_back({Family::kRef, key, std::nullopt});
    dropped.insert(std::move(key));
    chunks.insert(chunk);
  }
  changes.references = static_cast<int64_t>(dropped.size());
  for (const ChunkId& id : chunks) {
    FOVEA_ASSIGN_OR_RETURN(const bool owned,
                           HasOwner(catalogue, id, [&](std::string_view key) {
                             return dropped.contains(std::string(key));
                           }));
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue, id));
    if (!owned && place.has_value()) ForgetPlace(id, *place, &changes.rows);
  }
  return changes;
}

absl::Status DropAllLeaks(Catalogue* catalogue, const SegmentFolder& folder) {
  FOVEA_RETURN_IF_ERROR(Sweep(
      catalogue, Family::kRef,
      [&](std::string_view key, std::string_view,
          std::vector<RowChange>* changes) -> absl::Status {
        FOVEA_ASSIGN_OR_RETURN(const ChunkId id, ChunkOfRefKey(key));
        FOVEA_ASSIGN_OR_RETURN(
            const bool held,
            IsHeld(catalogue, id, key.substr(RefPrefix(id).size())));
        if (!held) {
          changes->push_back({Family::kRef, std::string(key), std::nullopt});
        }
        return absl::OkStatus();
      }));
  // A chunk without owners that waits for a prune is there still.
  return Sweep(
      catalogue, Family::kLoc,
      [&](std::string_view key, std::string_view value,
          std::vector<RowChange>* changes) -> absl::Status {
        FOVEA_ASSIGN_OR_RETURN(const ChunkId id, ParsePlaceKey(key));
        FOVEA_ASSIGN_OR_RETURN(const ChunkPlace place, DecodePlace(value));
        FOVEA_ASSIGN_OR_RETURN(
            const bool owned,
            HasOwner(catalogue, id, [](std::string_view) { return false; }));
        const bool waits =
            place.waiting_since != 0 && folder.Find(place.segment).ok();
        if (!owned && !waits) ForgetPlace(id, place, changes);
        return absl::OkStatus();
      });
}

absl::StatusOr<int64_t> SegmentStore::DropLeaks(
    std::span<const Reference> references) {
  int64_t dropped = 0;
  while (!references.empty()) {
    const auto portion =
        references.first(std::min(references.size(), kReferencesAtOnce));
    references = references.subspan(portion.size());
    absl::MutexLock lock(&commit_mutex_);
    LetCommitsGoFirst();
    FOVEA_RETURN_IF_ERROR(CheckWritable());
    FOVEA_ASSIGN_OR_RETURN(const LeakChanges changes,
                           PlanDropLeaks(catalogue_, portion));
    FOVEA_RETURN_IF_ERROR(catalogue_->Write(changes.rows));
    dropped += changes.references;
  }
  // No journal tells of it, so tables have to.
  if (dropped > 0) FOVEA_RETURN_IF_ERROR(catalogue_->Flush());
  return dropped;
}

}  // namespace fovea
