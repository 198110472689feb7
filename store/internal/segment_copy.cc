// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decides what is current and copies it.

#include "store/internal/segment_copy.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "store/derived_rows.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/status_macros.h"
#include "store/owner.h"
#include "store/result_rows.h"
#include "store/row_codec.h"
#include "store/rows.h"

namespace fovea {
namespace {

constexpr uint64_t kBytesPerCopy = 8 << 20;

absl::StatusOr<RetentionClass> ClassOfStream(Catalogue* catalogue,
                                             StreamId stream,
                                             RetentionClass otherwise) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         catalogue->Get(Family::kMeta, StreamClassKey(stream)));
  if (!value.has_value()) return otherwise;
  return DecodeStreamClass(*value);
}

// That of its last owner, which is the youngest stream: where another one is
// kept longer the chunk is copied once more.
absl::StatusOr<RetentionClass> ClassOfChunk(Catalogue* catalogue,
                                            const ChunkId& id,
                                            RetentionClass otherwise) {
  std::optional<OwnerRow> owner;
  FOVEA_RETURN_IF_ERROR(VisitOwners(catalogue, id, [&](std::string_view found) {
    owner = ParseOwner(found);
    return true;
  }));
  if (!owner.has_value()) return otherwise;
  return ClassOfStream(catalogue, owner->stream, otherwise);
}

// The class of a row, by the stream in its key.
absl::StatusOr<RetentionClass> ClassOfRow(Catalogue* catalogue, Family family,
                                          std::string_view key,
                                          RetentionClass otherwise) {
  if (family == Family::kSemx) {
    const auto parts = ParsePresenceKey(key);
    if (!parts.ok()) return otherwise;
    return ClassOfStream(catalogue, parts->stream, otherwise);
  }
  if (family == Family::kRes) {
    const auto parts = ParseResultKey(key);
    if (!parts.ok()) return otherwise;
    return ClassOfStream(catalogue, parts->stream, otherwise);
  }
  if (!GrowsWithStreams(family)) return otherwise;
  RowReader in(key, "row key");
  const StreamId stream = in.U64();
  return in.ok() ? ClassOfStream(catalogue, stream, otherwise) : otherwise;
}

}  // namespace

absl::StatusOr<bool> IsCurrent(Catalogue* catalogue, const RowChange& row,
                               const CopyOrigin& origin) {
  // The snapshot of the fresh segment holds what is current of these.
  if (IsInSnapshots(row.family) && row.value.has_value()) return false;
  FOVEA_ASSIGN_OR_RETURN(const std::optional<std::string> now,
                         catalogue->Get(row.family, row.key));
  if (now != row.value) return false;
  if (!row.value.has_value()) return origin.keep_tombstones;
  if (row.family != Family::kLoc) return true;
  // A chunk of this very segment gets a new place when it is copied.
  FOVEA_ASSIGN_OR_RETURN(const ChunkPlace place, DecodePlace(*row.value));
  return place.segment != origin.segment;
}

void CopyCandidates::Add(const RecordHeader& header,
                         std::vector<uint8_t> payload) {
  bytes += payload.size();
  chunks.push_back({header, std::move(payload)});
}

void CopyCandidates::Add(RowChange row) {
  bytes += JournalBytes({row});
  rows.push_back(std::move(row));
}

absl::StatusOr<std::map<RetentionClass, CommitPlan>> PlanCopy(
    Catalogue* catalogue, const CopyCandidates& candidates,
    const CopyOrigin& origin) {
  std::map<RetentionClass, CommitPlan> plans;
  for (const CopyCandidates::Chunk& chunk : candidates.chunks) {
    const RecordHeader& header = chunk.header;
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue, header.chunk));
    if (!place.has_value() || place->segment != origin.segment ||
        place->offset != header.offset) {
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(
        const RetentionClass retention_class,
        ClassOfChunk(catalogue, header.chunk, origin.retention_class));
    plans[retention_class].chunks.push_back(
        {header.chunk, chunk.payload, place->waiting_since});
  }
  std::map<std::pair<Family, std::string>, std::optional<std::string>> rows;
  for (const RowChange& row : candidates.rows) {
    FOVEA_ASSIGN_OR_RETURN(const bool current,
                           IsCurrent(catalogue, row, origin));
    if (current) rows[{row.family, row.key}] = row.value;
  }
  for (auto& [row, value] : rows) {
    FOVEA_ASSIGN_OR_RETURN(
        const RetentionClass retention_class,
        ClassOfRow(catalogue, row.first, row.second, origin.retention_class));
    plans[retention_class].rows.push_back(
        {row.first, row.second, std::move(value)});
  }
  for (auto& [retention_class, plan] : plans) {
    plan.retention_class = retention_class;
  }
  return plans;
}

absl::StatusOr<CommitPlan> PlanRangeCopy(Catalogue* catalogue,
                                         const RowChange& range,
                                         std::string* begin) {
  CommitPlan plan;
  plan.rows.push_back({range.family, *begin, std::nullopt, range.range_end});
  uint64_t bytes = 0;
  std::string next = range.range_end;
  FOVEA_RETURN_IF_ERROR(
      catalogue->Scan(range.family, *begin, range.range_end,
                      [&](std::string_view key, std::string_view value) {
                        if (bytes >= kBytesPerCopy) {
                          next = key;
                          return false;
                        }
                        bytes += key.size() + value.size();
                        plan.rows.push_back({range.family, std::string(key),
                                             std::string(value)});
                        return true;
                      }));
  plan.rows.front().range_end = next;
  *begin = next;
  return plan;
}

absl::StatusOr<bool> SegmentCopier::Copy(uint64_t end) {
  const SegmentVisitor visitor = {
      [this](const RecordHeader& header) { return Visit(header); },
      [this](uint64_t, uint64_t, const absl::Status&) {
        whole_ = false;
        return absl::OkStatus();
      }};
  FOVEA_RETURN_IF_ERROR(
      WalkSegment(reader_, kSegmentHeaderBytes, end, visitor));
  FOVEA_RETURN_IF_ERROR(WriteCollected());
  return whole_;
}

absl::Status SegmentCopier::Visit(const RecordHeader& header) {
  if (header.type == RecordType::kSnapshot) return absl::OkStatus();
  if (header.type == RecordType::kChunk) {
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue_, header.chunk));
    if (!place.has_value() || place->offset != header.offset ||
        place->segment != header.segment) {
      return absl::OkStatus();
    }
  }
  absl::StatusOr<std::vector<uint8_t>> payload = reader_.ReadPayload(header);
  if (absl::IsDataLoss(payload.status())) {
    whole_ = false;
    return absl::OkStatus();
  }
  FOVEA_RETURN_IF_ERROR(payload.status());
  if (header.type == RecordType::kChunk) {
    collected_.Add(header, *std::move(payload));
  } else {
    FOVEA_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(*payload));
    for (RowChange& row : journal.rows) {
      row.is_range() ? ranges_.push_back(std::move(row))
                     : collected_.Add(std::move(row));
    }
  }
  return collected_.bytes < kBytesPerCopy ? absl::OkStatus() : WriteCollected();
}

std::vector<RowChange> SegmentCopier::TakeRanges() {
  std::ranges::sort(ranges_, {}, [](const RowChange& range) {
    return std::tie(range.family, range.key);
  });
  std::vector<RowChange> joined;
  for (RowChange& range : ranges_) {
    if (joined.empty() || joined.back().family != range.family ||
        joined.back().range_end < range.key) {
      joined.push_back(std::move(range));
    } else if (joined.back().range_end < range.range_end) {
      joined.back().range_end = std::move(range.range_end);
    }
  }
  ranges_.clear();
  return joined;
}

absl::Status SegmentCopier::WriteCollected() {
  const CopyCandidates portion = std::exchange(collected_, {});
  return write_out_(portion);
}

}  // namespace fovea
