// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeps the open segment's accepted and pending ends apart.

#include "store/segment_log.h"

#include "store/internal/status_macros.h"
#include "store/planted_bug.h"

namespace fovea {

absl::Status SegmentLog::Resume(const SegmentHeader& header,
                                const SegmentState& state) {
  FOVEA_ASSIGN_OR_RETURN(
      writer_, SegmentWriter::Resume(file_system_, folder_->PathOf(header),
                                     header.id, state.end));
  header_ = header;
  accepted_ = pending_ = state;
  sealed_ = is_new_ = false;
  return absl::OkStatus();
}

bool SegmentLog::NeedsNewSegment(uint64_t bytes, int64_t hour) const {
  return sealed_ || header_.hour != hour ||
         pending_.end + bytes > segment_bytes_;
}

absl::Status SegmentLog::StartSegment(uint64_t id, int64_t hour,
                                      uint64_t sequence,
                                      std::span<const uint8_t> snapshot) {
  SegmentHeader header;
  header.id = id;
  header.retention_class = retention_class_;
  header.hour = hour;
  header.store_id = store_id_;
  header_ = header;
  accepted_ = pending_ = SegmentState();
  is_new_ = tail_unknown_ = true;
  sealed_ = false;
  FOVEA_ASSIGN_OR_RETURN(
      writer_,
      SegmentWriter::Create(file_system_, folder_->PathOf(header), header));
  folder_->Add(header);
  FOVEA_RETURN_IF_ERROR(
      writer_->AppendRows(RecordType::kSnapshot, sequence, snapshot).status());
  pending_.journal_bytes += kRecordOverhead + snapshot.size();
  pending_.end = writer_->end();
  return absl::OkStatus();
}

absl::StatusOr<ChunkPlace> SegmentLog::AppendChunk(
    const ChunkId& id, std::span<const uint8_t> payload) {
  tail_unknown_ = true;
  FOVEA_ASSIGN_OR_RETURN(const SegmentWriter::Appended appended,
                         writer_->AppendChunk(id, payload));
  pending_.end = writer_->end();
  ChunkPlace place;
  place.segment = header_.id;
  place.offset = appended.offset;
  place.length = payload.size();
  place.crc = appended.payload_crc;
  return place;
}

absl::Status SegmentLog::AppendJournal(uint64_t sequence,
                                       std::span<const uint8_t> payload) {
  tail_unknown_ = true;
  FOVEA_ASSIGN_OR_RETURN(
      const SegmentWriter::Appended appended,
      writer_->AppendRows(RecordType::kJournal, sequence, payload));
  pending_.end = writer_->end();
  pending_.last_journal = appended.offset;
  pending_.journal_bytes += kRecordOverhead + payload.size();
  return absl::OkStatus();
}

absl::Status SegmentLog::SyncFile() {
  if (IsPlanted(PlantedBug::kSkipSync)) return absl::OkStatus();
  const absl::Status status = writer_->Sync();
  if (!status.ok() && IsPlanted(PlantedBug::kRetrySync)) {
    return writer_->Sync();
  }
  return status;
}

absl::Status SegmentLog::MakeDurable() {
  FOVEA_RETURN_IF_ERROR(SyncFile());
  if (!is_new_ || IsPlanted(PlantedBug::kSkipFolderSync)) {
    return absl::OkStatus();
  }
  return file_system_->SyncDirectory(folder_->path());
}

void SegmentLog::Accept() {
  accepted_ = pending_;
  is_new_ = tail_unknown_ = false;
}

absl::Status SegmentLog::RollBack() {
  if (!tail_unknown_) return absl::OkStatus();
  writer_.reset();
  if (is_new_) {
    folder_->Add(header_);  // creation may have failed half-way
    FOVEA_RETURN_IF_ERROR(folder_->Remove(header_.id));
    sealed_ = true;
  } else {
    FOVEA_RETURN_IF_ERROR(
        file_system_->Truncate(folder_->PathOf(header_), accepted_.end));
    FOVEA_RETURN_IF_ERROR(Resume(header_, accepted_));
  }
  pending_ = accepted_;
  is_new_ = tail_unknown_ = false;
  return absl::OkStatus();
}

}  // namespace fovea
