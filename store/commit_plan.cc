// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plans commits. References are a set of (chunk, owner), so adding one twice
// or dropping one that is not there changes nothing.

#include "store/commit_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/segment_format.h"

namespace fovea {
namespace {

absl::Status TooLarge(const char* what, uint64_t size, uint64_t limit) {
  return absl::InvalidArgumentError(
      absl::StrCat("a ", what, " of ", size, " exceeds the limit of ", limit));
}

absl::Status CheckRange(const RowChange& row) {
  if (!GrowsWithStreams(row.family)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "rows of family '", FamilyName(row.family), "' go one by one"));
  }
  if (row.key >= row.range_end) {
    return absl::InvalidArgumentError("a range that ends where it begins");
  }
  if (row.range_end.size() > kStoreLimits.key_bytes) {
    return TooLarge("row key", row.range_end.size(), kStoreLimits.key_bytes);
  }
  return absl::OkStatus();
}

bool OwnedByStore(Family family) {
  return family == Family::kLoc || family == Family::kRef ||
         family == Family::kGcq;
}

}  // namespace

uint64_t CommitPlan::PayloadBytes() const {
  uint64_t bytes = 0;
  for (const NewChunk& chunk : chunks) bytes += chunk.payload.size();
  return bytes;
}

absl::Status CheckRow(const RowChange& row) {
  if (OwnedByStore(row.family)) {
    return absl::InvalidArgumentError(
        absl::StrCat("family '", FamilyName(row.family),
                     "' belongs to the store; rows there follow from chunks"));
  }
  if (row.family == Family::kMeta && IsStoreKey(row.key)) {
    return absl::InvalidArgumentError(
        "meta keys that start with '~' belong to the store");
  }
  if (row.is_range()) FOVEA_RETURN_IF_ERROR(CheckRange(row));
  if (row.key.empty()) return absl::InvalidArgumentError("a row without key");
  if (row.key.size() > kStoreLimits.key_bytes) {
    return TooLarge("row key", row.key.size(), kStoreLimits.key_bytes);
  }
  if (row.value.has_value() && row.value->size() > kStoreLimits.value_bytes) {
    return TooLarge("row value", row.value->size(), kStoreLimits.value_bytes);
  }
  return absl::OkStatus();
}

absl::Status CheckChunk(std::span<const uint8_t> payload,
                        std::string_view owner) {
  if (payload.size() > kStoreLimits.chunk_bytes) {
    return TooLarge("chunk", payload.size(), kStoreLimits.chunk_bytes);
  }
  if (owner.size() > kStoreLimits.owner_bytes) {
    return TooLarge("chunk owner", owner.size(), kStoreLimits.owner_bytes);
  }
  return absl::OkStatus();
}

absl::Status CheckPlan(const CommitPlan& plan) {
  const uint64_t rows = plan.rows.size() + plan.chunks.size();
  if (rows > kStoreLimits.rows_per_commit) {
    return TooLarge("row count of one commit", rows,
                    kStoreLimits.rows_per_commit);
  }
  if (plan.retention_class >= kStoreLimits.retention_classes) {
    return TooLarge("retention class", plan.retention_class,
                    kStoreLimits.retention_classes - 1);
  }
  const RowChange loc = {Family::kLoc, PlaceKey(ChunkId()),
                         EncodePlace(ChunkPlace())};
  const uint64_t bytes =
      JournalBytes(plan.rows) + plan.chunks.size() * JournalBytes({loc});
  if (bytes > kStoreLimits.journal_bytes) {
    return TooLarge("journal", bytes, kStoreLimits.journal_bytes);
  }
  return absl::OkStatus();
}

absl::Status CheckPriors(Catalogue* catalogue, const CommitPlan& plan) {
  std::map<std::string_view, uint64_t> bytes;  // by key
  for (const RowChange& row : plan.rows) {
    if (row.family != Family::kPrior) continue;
    bytes[row.key] = row.value.has_value() ? JournalBytes({row}) : 0;
  }
  if (bytes.empty()) return absl::OkStatus();
  uint64_t sum = 0;
  for (const auto& [key, size] : bytes) sum += size;
  FOVEA_RETURN_IF_ERROR(
      catalogue->Scan(Family::kPrior, "", "",
                      [&](std::string_view key, std::string_view value) {
                        if (!bytes.contains(key))
                          sum += key.size() + value.size();
                        return true;
                      }));
  if (sum <= kStoreLimits.prior_rows_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "prior rows of ", sum, " bytes exceed the limit of ",
      kStoreLimits.prior_rows_bytes, "; remove streams with 'fovea rm'"));
}

absl::Status CommitPlanner::Drop(const ChunkId& id, std::string_view owner) {
  FOVEA_RETURN_IF_ERROR(Touch(id).status());
  std::string key = RefKey(id, owner);
  FOVEA_ASSIGN_OR_RETURN(const bool there, RowExists(Family::kRef, key));
  if (there) Change(Family::kRef, std::move(key), std::nullopt);
  return absl::OkStatus();
}

absl::Status CommitPlanner::Put(const ChunkId& id,
                                std::span<const uint8_t> payload,
                                std::string_view owner) {
  FOVEA_ASSIGN_OR_RETURN(Touched * touched, Touch(id));
  const int64_t bytes = static_cast<int64_t>(payload.size());
  if (touched->stored.has_value() || touched->appended.has_value()) {
    FOVEA_RETURN_IF_ERROR(CompareWithKnown(id, *touched, payload));
    plan_.receipt.chunks_known += 1;
    plan_.receipt.bytes_known += bytes;
  } else {
    touched->appended = payload;
    plan_.chunks.push_back({id, payload});
    plan_.receipt.chunks_new += 1;
    plan_.receipt.bytes_new += bytes;
  }
  std::string key = RefKey(id, owner);
  FOVEA_ASSIGN_OR_RETURN(const bool there, RowExists(Family::kRef, key));
  if (there) {
    rows_.erase({Family::kRef, key});  // it may have been dropped just now
  } else {
    Change(Family::kRef, std::move(key), "");
  }
  return absl::OkStatus();
}

void CommitPlanner::DropRange(Family family, std::string begin,
                              std::string end) {
  plan_.rows.push_back(
      {family, std::move(begin), std::nullopt, std::move(end)});
}

void CommitPlanner::Change(Family family, std::string key,
                           std::optional<std::string> value) {
  rows_[{family, std::move(key)}] = std::move(value);
}

absl::StatusOr<CommitPlan> CommitPlanner::Finish() {
  for (const auto& [id, touched] : touched_) {
    FOVEA_RETURN_IF_ERROR(SettleWaiting(id, touched));
  }
  for (auto& [place, value] : rows_) {
    const auto& [family, key] = place;
    if (!value.has_value()) {
      // A tombstone for nothing would only keep the key's bytes around.
      FOVEA_ASSIGN_OR_RETURN(const bool there, RowExists(family, key));
      if (!there) continue;
    }
    plan_.rows.push_back({family, key, std::move(value), ""});
  }
  return std::move(plan_);
}

absl::StatusOr<CommitPlanner::Touched*> CommitPlanner::Touch(
    const ChunkId& id) {
  const auto [entry, is_new] = touched_.try_emplace(id);
  if (is_new) {
    FOVEA_ASSIGN_OR_RETURN(entry->second.stored, ReadPlace(catalogue_, id));
  }
  return &entry->second;
}

absl::Status CommitPlanner::CompareWithKnown(
    const ChunkId& id, const Touched& touched,
    std::span<const uint8_t> payload) const {
  std::vector<uint8_t> stored;
  std::span<const uint8_t> known;
  if (touched.appended.has_value()) {
    known = *touched.appended;
  } else {
    FOVEA_ASSIGN_OR_RETURN(stored, read_stored_(id));
    known = stored;
  }
  if (std::ranges::equal(known, payload)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("chunk ", id.ToHex(), ": ", payload.size(),
                   " bytes to be stored differ "
                   "from the ",
                   known.size(),
                   " known by the same SHA-256; run `fovea "
                   "verify --deep`"));
}

absl::StatusOr<bool> CommitPlanner::IsOwned(const ChunkId& id) const {
  const std::string prefix = RefPrefix(id);
  for (auto row = rows_.lower_bound({Family::kRef, prefix});
       row != rows_.end() && row->first.first == Family::kRef &&
       row->first.second.compare(0, prefix.size(), prefix) == 0;
       ++row) {
    if (row->second.has_value()) return true;
  }
  return HasOwner(catalogue_, id, [&](std::string_view key) {
    return rows_.contains({Family::kRef, std::string(key)});
  });
}

absl::Status CommitPlanner::SettleWaiting(const ChunkId& id,
                                          const Touched& touched) {
  if (!touched.stored.has_value()) return absl::OkStatus();
  ChunkPlace place = *touched.stored;
  FOVEA_ASSIGN_OR_RETURN(const bool owned, IsOwned(id));
  if (owned == (place.waiting_since == 0)) return absl::OkStatus();
  if (owned) {
    Change(Family::kGcq, WaitingKey(place.waiting_since, id), std::nullopt);
    place.waiting_since = 0;
  } else {
    place.waiting_since = sequence_;
    Change(Family::kGcq, WaitingKey(sequence_, id), "");
  }
  Change(Family::kLoc, PlaceKey(id), EncodePlace(place));
  return absl::OkStatus();
}

absl::StatusOr<bool> CommitPlanner::RowExists(Family family,
                                              std::string_view key) const {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue_->Get(family, key));
  return value.has_value();
}

}  // namespace fovea
