// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes a catalogue from segments alone: journals are replayed in sequence
// order, snapshots restore what older, removed segments told. Damaged
// records are stepped over, so that one bad record costs one commit at most;
// Verify() names them afterwards.

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/leaks.h"
#include "store/internal/open_store.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

// All journals and snapshots, and what of each segment is committed.
class JournalIndex {
 public:
  absl::Status AddSegment(SegmentReader& reader, const StoreId& store_id) {
    const absl::Status belongs = reader.CheckBelongs(store_id);
    if (!absl::IsDataLoss(belongs)) FOVEA_RETURN_IF_ERROR(belongs);
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader.Size());
    SegmentState state;
    uint64_t journal_bytes = 0;
    const SegmentVisitor visitor = {
        [&](const RecordHeader& header) {
          if (header.type == RecordType::kChunk) return absl::OkStatus();
          journal_bytes += kRecordOverhead + header.length;
          FOVEA_RETURN_IF_ERROR(AddRows(reader, header));
          if (header.type == RecordType::kJournal) {
            state = {header.end(), header.offset, journal_bytes, false};
          }
          return absl::OkStatus();
        },
        [](uint64_t, uint64_t, const absl::Status&) {
          return absl::OkStatus();
        }};
    FOVEA_RETURN_IF_ERROR(
        WalkSegment(reader, kSegmentHeaderBytes, size, visitor));
    if (state.end > 0) states_[reader.id()] = state;
    return absl::OkStatus();
  }

  // In the order in which they have to be replayed: a snapshot holds what
  // was so after the commit it names.
  std::vector<RecordHeader> InOrder() {
    std::ranges::sort(records_, {}, [](const RecordHeader& record) {
      return std::tuple(record.sequence, record.type, record.segment,
                        record.offset);
    });
    return std::move(records_);
  }

  const SegmentStates& states() const { return states_; }

 private:
  absl::Status AddRows(SegmentReader& reader, const RecordHeader& header) {
    const absl::Status sound = reader.ReadPayload(header).status();
    if (absl::IsDataLoss(sound)) return absl::OkStatus();
    if (sound.ok()) records_.push_back(header);
    return sound;
  }

  std::vector<RecordHeader> records_;
  SegmentStates states_;
};

// After a snapshot its families hold its rows and no others of the caller's.
absl::Status ApplySnapshot(Catalogue* catalogue, std::vector<RowChange> rows) {
  FOVEA_ASSIGN_OR_RETURN(std::vector<RowChange> changes,
                         ReadSnapshotRows(catalogue));
  for (RowChange& old : changes) old.value.reset();
  std::ranges::move(rows, std::back_inserter(changes));
  return catalogue->Write(changes);
}

absl::Status ReplayRecord(SegmentFolder* segments, Catalogue* catalogue,
                          const RecordHeader& record) {
  FOVEA_ASSIGN_OR_RETURN(const auto reader, segments->Reader(record.segment));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> payload,
                         reader->ReadPayload(record));
  FOVEA_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(payload));
  if (record.type == RecordType::kSnapshot) {
    return ApplySnapshot(catalogue, std::move(journal.rows));
  }
  return catalogue->Write(journal.rows);
}

absl::Status Fill(FileSystem* file_system, const OpenedFolder& opened,
                  Catalogue* catalogue) {
  JournalIndex index;
  for (const uint64_t id : opened.segments->Ids()) {
    FOVEA_ASSIGN_OR_RETURN(const auto reader, opened.segments->Reader(id));
    FOVEA_RETURN_IF_ERROR(index.AddSegment(*reader, opened.format.id));
  }
  std::vector<RowChange> own = {{Family::kMeta, std::string(kStoreIdKey),
                                 EncodeStoreId(opened.format.id)}};
  LastCommit last;
  for (const RecordHeader& record : index.InOrder()) {
    FOVEA_RETURN_IF_ERROR(
        ReplayRecord(opened.segments.get(), catalogue, record));
    if (record.type == RecordType::kJournal) {
      last = {record.sequence, record.segment};
    }
  }
  for (const auto& [id, state] : index.states()) {
    // What a process left unsynced must not go missing from under a
    // catalogue that knows it.
    FOVEA_RETURN_IF_ERROR(SyncSegment(file_system, opened.segments.get(), id));
    own.push_back({Family::kMeta, SegmentKey(id), EncodeSegmentState(state)});
  }
  if (last.sequence > 0) {
    own.push_back(
        {Family::kMeta, std::string(kSequenceKey), EncodeLastCommit(last)});
  }
  FOVEA_RETURN_IF_ERROR(catalogue->Write(own));
  FOVEA_RETURN_IF_ERROR(DropAllLeaks(catalogue, *opened.segments));
  return catalogue->Flush();
}

absl::Status RemoveTree(FileSystem* file_system, const std::string& path) {
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(path));
  if (!exists) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         file_system->List(path));
  for (const std::string& name : names) {
    FOVEA_RETURN_IF_ERROR(file_system->Remove(absl::StrCat(path, "/", name)));
  }
  return file_system->Remove(path);
}

// The new catalogue takes the name; the old one goes last.
absl::Status Swap(FileSystem* file_system, const std::string& path) {
  const std::string current = absl::StrCat(path, "/", kCatalogueName);
  const std::string fresh = absl::StrCat(path, "/", kNewCatalogueName);
  const std::string old = absl::StrCat(path, "/", kOldCatalogueName);
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system->Exists(current));
  if (exists) {
    FOVEA_RETURN_IF_ERROR(RemoveTree(file_system, old));
    FOVEA_RETURN_IF_ERROR(file_system->Rename(current, old));
  }
  FOVEA_RETURN_IF_ERROR(file_system->Rename(fresh, current));
  FOVEA_RETURN_IF_ERROR(file_system->SyncDirectory(path));
  return RemoveTree(file_system, old);
}

}  // namespace

absl::Status RebuildStore(const std::string& path,
                          const ChunkStoreOptions& options) {
  FileSystem* const file_system = options.file_system;
  FOVEA_ASSIGN_OR_RETURN(const OpenedFolder opened, OpenFolder(path, options));
  const std::string fresh = absl::StrCat(opened.path, "/", kNewCatalogueName);
  FOVEA_RETURN_IF_ERROR(RemoveTree(file_system, fresh));
  {
    FOVEA_ASSIGN_OR_RETURN(
        const std::unique_ptr<Catalogue> catalogue,
        Catalogue::Open(
            file_system, fresh,
            {.create = true, .buffer_bytes = options.catalogue_buffer_bytes}));
    FOVEA_RETURN_IF_ERROR(Fill(file_system, opened, catalogue.get()));
  }
  return Swap(file_system, opened.path);
}

}  // namespace fovea
