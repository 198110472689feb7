// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading. No lock is held while bytes are read; a chunk that Prune() moved
// meanwhile is looked up again.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

// Disks give space by the page; a store has some twenty files.
constexpr uint64_t kDiskPage = 4096;

uint64_t OnDisk(uint64_t file_bytes) {
  return (file_bytes + kDiskPage - 1) / kDiskPage * kDiskPage;
}

}  // namespace

absl::Status ChunkNotStored(const ChunkId& id) {
  return absl::NotFoundError(
      absl::StrCat("chunk ", id.ToHex(), " is not in the store"));
}

absl::StatusOr<std::vector<uint8_t>> ReadChunkAt(SegmentFolder* folder,
                                                 const ChunkId& id,
                                                 const ChunkPlace& place) {
  FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(place.segment));
  return reader->ReadChunk(id, place.offset, place.length, place.crc);
}

absl::StatusOr<std::vector<uint8_t>> CutPayload(const ChunkId& id,
                                                std::vector<uint8_t> payload,
                                                uint64_t offset,
                                                uint64_t length) {
  if (offset > payload.size() || length > payload.size() - offset) {
    return absl::OutOfRangeError(
        absl::StrCat("chunk ", id.ToHex(), " has ", payload.size(),
                     " bytes; asked for ", length, " from ", offset));
  }
  const auto begin = payload.begin() + static_cast<ptrdiff_t>(offset);
  return std::vector<uint8_t>(begin, begin + static_cast<ptrdiff_t>(length));
}

absl::StatusOr<ChunkPlace> SegmentStore::Place(const ChunkId& id) const {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                         ReadPlace(catalogue_, id));
  if (place.has_value()) return *place;
  return ChunkNotStored(id);
}

absl::StatusOr<std::vector<uint8_t>> SegmentStore::ReadChunk(
    const ChunkId& id) {
  FOVEA_RETURN_IF_ERROR(CheckLease());
  FOVEA_ASSIGN_OR_RETURN(ChunkPlace place, Place(id));
  while (true) {
    absl::StatusOr<std::vector<uint8_t>> payload =
        ReadChunkAt(folder_, id, place);
    if (payload.ok()) return payload;
    FOVEA_ASSIGN_OR_RETURN(const ChunkPlace now, Place(id));
    if (now.segment == place.segment && now.offset == place.offset) {
      return payload;
    }
    place = now;
  }
}

absl::StatusOr<std::vector<uint8_t>> SegmentStore::ReadChunkRange(
    const ChunkId& id, uint64_t offset, uint64_t length) {
  // The whole payload is read even for a part of it: its checksum covers all
  // of it, and unchecked bytes are never handed out.
  FOVEA_ASSIGN_OR_RETURN(std::vector<uint8_t> payload, ReadChunk(id));
  return CutPayload(id, std::move(payload), offset, length);
}

absl::StatusOr<std::string> SegmentStore::Get(Family family,
                                              std::string_view key) {
  FOVEA_RETURN_IF_ERROR(CheckLease());
  FOVEA_ASSIGN_OR_RETURN(std::optional<std::string> value,
                         catalogue_->Get(family, key));
  if (value.has_value()) return *std::move(value);
  return absl::NotFoundError(
      absl::StrCat("no such row in ", FamilyName(family)));
}

absl::StatusOr<DerivedRow> StoreReader::Prior(StreamId camera,
                                              const ModelKey& model) {
  FOVEA_ASSIGN_OR_RETURN(const std::string value,
                         Get(Family::kPrior, PriorKey(camera, model)));
  return DecodePriorRow(value);
}

absl::StatusOr<std::vector<StoreReader::PriorEntry>> StoreReader::Priors(
    StreamId camera) {
  std::vector<PriorEntry> priors;
  absl::Status bad;
  FOVEA_RETURN_IF_ERROR(
      Scan(Family::kPrior, StreamPrefix(camera), StreamPrefix(camera + 1),
           [&](std::string_view key, std::string_view value) {
             const absl::StatusOr<PriorKeyParts> parts = ParsePriorKey(key);
             absl::StatusOr<DerivedRow> row = DecodePriorRow(value);
             bad.Update(parts.status());
             bad.Update(row.status());
             if (bad.ok()) priors.push_back({parts->model, *std::move(row)});
             return bad.ok();
           }));
  FOVEA_RETURN_IF_ERROR(bad);
  return priors;
}

absl::StatusOr<uint64_t> StoreReader::EpochFor(Family family,
                                               std::string_view key) {
  const absl::StatusOr<std::string> value = Get(family, key);
  if (absl::IsNotFound(value.status())) return NewEpoch();
  FOVEA_RETURN_IF_ERROR(value.status());
  FOVEA_ASSIGN_OR_RETURN(const DerivedRow row,
                         DecodeDerivedRow(family, *value));
  return row.epoch;
}

absl::Status SegmentStore::Scan(Family family, std::string_view begin,
                                std::string_view end, const Visitor& visit) {
  FOVEA_RETURN_IF_ERROR(CheckLease());
  return catalogue_->Scan(family, begin, end, visit);
}

absl::StatusOr<ChunkStore::KeyValue> SegmentStore::SeekBackward(
    Family family, std::string_view key, std::string_view prefix) {
  FOVEA_RETURN_IF_ERROR(CheckLease());
  return catalogue_->SeekBackward(family, key, prefix);
}

absl::StatusOr<DiskSpace> SegmentStore::Space() {
  FileSystem* const file_system = parts_.options.file_system;
  DiskSpace space;
  FOVEA_ASSIGN_OR_RETURN(space.free_bytes, file_system->FreeBytes(parts_.path));
  FOVEA_ASSIGN_OR_RETURN(space.disk_bytes,
                         file_system->TotalBytes(parts_.path));
  const Ballast ballast(file_system, parts_.path, 0);
  FOVEA_ASSIGN_OR_RETURN(space.ballast_bytes, ballast.Size());
  for (const uint64_t id : folder_->Ids()) {
    const absl::StatusOr<uint64_t> bytes = folder_->FileBytes(id);
    if (absl::IsDataLoss(bytes.status())) continue;  // removed just now
    FOVEA_RETURN_IF_ERROR(bytes.status());
    space.segment_bytes += OnDisk(*bytes);
    space.segments += 1;
  }
  const std::string folder = absl::StrCat(parts_.path, "/", kCatalogueName);
  const auto listed = file_system->List(folder);
  if (absl::IsNotFound(listed.status())) return space;  // all in memory
  FOVEA_RETURN_IF_ERROR(listed.status());
  for (const std::string& name : *listed) {
    const auto file = file_system->OpenRandom(absl::StrCat(folder, "/", name));
    if (!file.ok()) continue;  // RocksDB replaced it just now
    FOVEA_ASSIGN_OR_RETURN(const uint64_t bytes, (*file)->Size());
    space.catalogue_bytes += OnDisk(bytes);
  }
  return space;
}

absl::StatusOr<DiskUsage> SegmentStore::Usage() {
  DiskUsage usage;
  FOVEA_ASSIGN_OR_RETURN(static_cast<DiskSpace&>(usage), Space());
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  for (const auto& [id, state] : states) {
    usage.journal_bytes += state.journal_bytes;
  }
  FOVEA_RETURN_IF_ERROR(
      Scan(Family::kLoc, "", "", [&](std::string_view, std::string_view value) {
        const absl::StatusOr<ChunkPlace> place = DecodePlace(value);
        if (!place.ok()) return true;  // Verify() names it
        usage.chunks += 1;
        (place->waiting_since == 0 ? usage.live_chunk_bytes
                                   : usage.dead_chunk_bytes) += place->length;
        return true;
      }));
  return usage;
}

}  // namespace fovea
