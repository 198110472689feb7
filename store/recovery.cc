// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crash recovery. Acknowledgement comes after the catalogue's sync, so what
// lies behind the catalogue's durable offset is at most one unacknowledged
// commit, unless the catalogue itself lost its end. A damaged commit that
// another follows had been synced; only the very last may be torn.

#include "store/recovery.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

// A commit found behind what the catalogue knows.
struct TailCommit {
  RecordHeader journal;
  SegmentState state;  // of its segment, up to and with it
  bool whole = true;   // all its records are sound
};

// Reads the payload to learn whether it is sound; other errors pass.
absl::StatusOr<bool> PayloadIsSound(SegmentReader& reader,
                                    const RecordHeader& header) {
  const absl::Status status = reader.ReadPayload(header).status();
  if (status.ok()) return true;
  if (absl::IsDataLoss(status)) return false;
  return status;
}

absl::StatusOr<bool> FileHeaderIsSound(SegmentReader& reader) {
  const absl::Status status = reader.ReadFileHeader().status();
  if (status.ok()) return true;
  if (absl::IsDataLoss(status)) return false;
  return status;
}

class TailScanner {
 public:
  // Scans one segment behind `known`; call in ascending order of ids.
  absl::Status ScanSegment(SegmentReader& reader, SegmentState known) {
    state_ = known;
    whole_ = true;
    if (state_.end == 0) {
      FOVEA_ASSIGN_OR_RETURN(whole_, FileHeaderIsSound(reader));
      state_.end = kSegmentHeaderBytes;
    }
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader.Size());
    const SegmentVisitor visitor = {
        [&](const RecordHeader& header) { return Visit(reader, header); },
        [&](uint64_t, uint64_t, const absl::Status&) {
          whole_ = false;
          return absl::OkStatus();
        }};
    return WalkSegment(reader, state_.end, size, visitor);
  }

  // A last commit that is not whole was torn by the crash, if it is the one
  // that follows on: a later one is proof that those before it were synced.
  std::vector<TailCommit> TakeCommits(uint64_t last_known) {
    if (commits_.empty() || commits_.back().whole) return std::move(commits_);
    const TailCommit torn = commits_.back();
    commits_.pop_back();
    const uint64_t before =
        commits_.empty() ? last_known : commits_.back().journal.sequence;
    if (torn.journal.sequence != before + 1) commits_.push_back(torn);
    return std::move(commits_);
  }

 private:
  absl::Status Visit(SegmentReader& reader, const RecordHeader& header) {
    FOVEA_ASSIGN_OR_RETURN(const bool sound, PayloadIsSound(reader, header));
    whole_ = whole_ && sound;
    if (header.type == RecordType::kChunk) return absl::OkStatus();
    state_.journal_bytes += kRecordOverhead + header.length;
    if (header.type == RecordType::kSnapshot || !sound) {
      return absl::OkStatus();
    }
    state_.end = header.end();
    state_.last_journal = header.offset;
    commits_.push_back({header, state_, whole_});
    whole_ = true;
    return absl::OkStatus();
  }

  SegmentState state_;
  bool whole_ = true;
  std::vector<TailCommit> commits_;
};

absl::Status CheckFollowsOn(const std::vector<TailCommit>& commits,
                            uint64_t last) {
  for (const TailCommit& commit : commits) {
    if (commit.journal.sequence != last + 1) {
      return absl::DataLossError(
          absl::StrCat(SegmentLabel(commit.journal.segment), " at offset ",
                       commit.journal.offset, ": commit ",
                       commit.journal.sequence, " follows commit ", last,
                       "; what lay between cannot be read; run "
                       "`fovea doctor --rebuild` to keep all that can"));
    }
    last = commit.journal.sequence;
  }
  return absl::OkStatus();
}

absl::Status SyncSegment(FileSystem* file_system, SegmentFolder* folder,
                         uint64_t id) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder->Find(id));
  FOVEA_ASSIGN_OR_RETURN(const std::unique_ptr<AppendFile> file,
                         file_system->OpenAppend(folder->PathOf(header)));
  FOVEA_RETURN_IF_ERROR(file->Sync());
  return file_system->SyncDirectory(folder->path());
}

absl::Status Replay(FileSystem* file_system, SegmentFolder* folder,
                    Catalogue* catalogue,
                    const std::vector<TailCommit>& commits) {
  uint64_t synced = 0;
  for (const TailCommit& commit : commits) {
    const uint64_t id = commit.journal.segment;
    // The process may have died before it synced what we now build on.
    if (id != synced) {
      FOVEA_RETURN_IF_ERROR(SyncSegment(file_system, folder, id));
      synced = id;
    }
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
    FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> payload,
                           reader->ReadPayload(commit.journal));
    FOVEA_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(payload));
    AddCommitRows(commit.journal.sequence, id, commit.state, &journal.rows);
    FOVEA_RETURN_IF_ERROR(catalogue->Write(journal.rows, /*sync=*/true));
  }
  return absl::OkStatus();
}

// Removes what lies behind the newest committed record: younger files, and
// the end of its own.
absl::Status CutTail(FileSystem* file_system, SegmentFolder* folder,
                     uint64_t newest, uint64_t end) {
  bool removed = false;
  for (const uint64_t id : folder->Ids()) {
    if (id <= newest) continue;
    FOVEA_RETURN_IF_ERROR(folder->Remove(id));
    removed = true;
  }
  if (removed) {
    FOVEA_RETURN_IF_ERROR(file_system->SyncDirectory(folder->path()));
  }
  if (newest == 0) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, folder->FileBytes(newest));
  if (size <= end) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder->Find(newest));
  return file_system->Truncate(folder->PathOf(header), end);
}

absl::StatusOr<std::vector<TailCommit>> FindTailCommits(
    SegmentFolder* folder, const SegmentStates& states, uint64_t last_known) {
  const uint64_t newest = states.empty() ? 0 : states.rbegin()->first;
  TailScanner scanner;
  for (const uint64_t id : folder->Ids()) {
    if (id < newest) continue;
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
    const auto known = states.find(id);
    FOVEA_RETURN_IF_ERROR(scanner.ScanSegment(
        *reader, known == states.end() ? SegmentState() : known->second));
  }
  return scanner.TakeCommits(last_known);
}

absl::Status Ahead(uint64_t sequence, const std::string& found) {
  return absl::DataLossError(absl::StrCat(
      "the catalogue knows commit ", sequence, " but ", found,
      "; put the newest segment back, or open read-only to save what is "
      "there, or run `fovea doctor --rebuild` to go on without"));
}

}  // namespace

absl::Status FinishRetired(FileSystem* file_system, SegmentFolder* folder,
                           Catalogue* catalogue) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  std::vector<RowChange> done;
  for (const auto& [id, state] : states) {
    if (!state.retired) continue;
    if (folder->Find(id).ok()) FOVEA_RETURN_IF_ERROR(folder->Remove(id));
    done.push_back({Family::kMeta, SegmentKey(id), std::nullopt});
  }
  if (done.empty()) return absl::OkStatus();
  // The row goes last: a file that comes back after a crash is known by it.
  FOVEA_RETURN_IF_ERROR(file_system->SyncDirectory(folder->path()));
  return catalogue->Write(done, /*sync=*/true);
}

absl::Status CheckCatalogueNotAhead(SegmentFolder* folder,
                                    Catalogue* catalogue) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t sequence, ReadLastSequence(catalogue));
  if (states.empty()) {
    return sequence == 0 ? absl::OkStatus()
                         : Ahead(sequence, "no segment at all");
  }
  const auto& [id, state] = *states.rbegin();
  if (!folder->Find(id).ok()) {
    return Ahead(sequence,
                 absl::StrCat("the file of ", SegmentLabel(id), " is missing"));
  }
  FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader->Size());
  if (size < state.end) {
    return Ahead(sequence, absl::StrCat(SegmentLabel(id), " ends at ", size,
                                        " instead of ", state.end));
  }
  const absl::StatusOr<RecordHeader> journal =
      reader->ReadHeader(state.last_journal, state.end);
  if (journal.ok() && journal->sequence != sequence) {
    return Ahead(sequence, absl::StrCat(SegmentLabel(id), " ends with commit ",
                                        journal->sequence));
  }
  // A damaged journal is no proof of anything missing; Verify() names it.
  return absl::OkStatus();
}

absl::StatusOr<Recovered> Recover(FileSystem* file_system,
                                  SegmentFolder* folder, Catalogue* catalogue) {
  FOVEA_RETURN_IF_ERROR(FinishRetired(file_system, folder, catalogue));
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  FOVEA_RETURN_IF_ERROR(CheckCatalogueNotAhead(folder, catalogue));
  Recovered recovered;
  FOVEA_ASSIGN_OR_RETURN(recovered.last_sequence, ReadLastSequence(catalogue));
  FOVEA_ASSIGN_OR_RETURN(
      const std::vector<TailCommit> commits,
      FindTailCommits(folder, states, recovered.last_sequence));
  FOVEA_RETURN_IF_ERROR(CheckFollowsOn(commits, recovered.last_sequence));
  FOVEA_RETURN_IF_ERROR(Replay(file_system, folder, catalogue, commits));
  if (!commits.empty()) {
    recovered.last_sequence = commits.back().journal.sequence;
    recovered.open_segment = commits.back().journal.segment;
    recovered.open_state = commits.back().state;
  } else if (!states.empty()) {
    recovered.open_segment = states.rbegin()->first;
    recovered.open_state = states.rbegin()->second;
  }
  FOVEA_RETURN_IF_ERROR(CutTail(file_system, folder,
                                recovered.open_segment.value_or(0),
                                recovered.open_state.end));
  return recovered;
}

}  // namespace fovea
