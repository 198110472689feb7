// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crash recovery. The catalogue keeps its newest rows in memory, so the
// commits behind its durable offset are replayed each time a store opens.
// A commit is synced before the next one begins: a damaged one that another
// follows had been synced; only the very last may be torn.

#include "store/recovery.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

// A commit found behind what the catalogue knows.
struct TailCommit {
  RecordHeader journal;
  SegmentState state;  // of its segment, up to and with it
  std::shared_ptr<SegmentReader> reader;
  std::vector<RecordHeader> chunks;
  bool damaged = false;  // something between the journal before and this one
};

// Reads the payload to learn whether it is sound; other errors pass.
absl::StatusOr<bool> PayloadIsSound(SegmentReader& reader,
                                    const RecordHeader& header) {
  const absl::Status status = reader.ReadPayload(header).status();
  if (status.ok()) return true;
  if (absl::IsDataLoss(status)) return false;
  return status;
}

class TailScanner {
 public:
  explicit TailScanner(const StoreId& store_id) : store_id_(store_id) {}

  // Scans one segment behind `known`.
  absl::Status ScanSegment(std::shared_ptr<SegmentReader> reader,
                           SegmentState known) {
    state_ = known;
    damaged_ = false;
    chunks_.clear();
    if (state_.end == 0) {
      FOVEA_RETURN_IF_ERROR(BeginFile(*reader));
      state_.end = kSegmentHeaderBytes;
    }
    reader_ = std::move(reader);
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader_->Size());
    const SegmentVisitor visitor = {
        [&](const RecordHeader& header) { return Visit(header); },
        [&](uint64_t, uint64_t, const absl::Status&) {
          damaged_ = true;
          return absl::OkStatus();
        }};
    return WalkSegment(*reader_, state_.end, size, visitor);
  }

  // By sequence. A last commit that is not whole was torn by the crash, if it
  // is the one that follows on: a later one is proof that those before it
  // were synced.
  absl::StatusOr<std::vector<TailCommit>> TakeCommits(uint64_t last_known) {
    if (commits_.empty()) return std::move(commits_);
    std::ranges::sort(commits_, {}, [](const TailCommit& commit) {
      return commit.journal.sequence;
    });
    FOVEA_ASSIGN_OR_RETURN(const bool whole, IsWhole(commits_.back()));
    if (whole) return std::move(commits_);
    const uint64_t before =
        commits_.size() == 1 ? last_known : commits_.end()[-2].journal.sequence;
    if (commits_.back().journal.sequence == before + 1) commits_.pop_back();
    return std::move(commits_);
  }

 private:
  absl::Status BeginFile(SegmentReader& reader) {
    const absl::Status belongs = reader.CheckBelongs(store_id_);
    damaged_ = absl::IsDataLoss(belongs);
    return damaged_ ? absl::OkStatus() : belongs;
  }

  absl::Status Visit(const RecordHeader& header) {
    if (header.type == RecordType::kChunk) {
      chunks_.push_back(header);
      return absl::OkStatus();
    }
    FOVEA_ASSIGN_OR_RETURN(const bool sound, PayloadIsSound(*reader_, header));
    damaged_ = damaged_ || !sound;
    state_.journal_bytes += kRecordOverhead + header.length;
    if (header.type == RecordType::kSnapshot || !sound) {
      return absl::OkStatus();
    }
    state_.end = header.end();
    state_.last_journal = header.offset;
    commits_.push_back({header, state_, reader_, std::exchange(chunks_, {}),
                        std::exchange(damaged_, false)});
    return absl::OkStatus();
  }

  // Payloads are read for the last commit alone: those before it may be many
  // and cannot be torn.
  static absl::StatusOr<bool> IsWhole(const TailCommit& commit) {
    if (commit.damaged) return false;
    for (const RecordHeader& chunk : commit.chunks) {
      FOVEA_ASSIGN_OR_RETURN(const bool sound,
                             PayloadIsSound(*commit.reader, chunk));
      if (!sound) return false;
    }
    return true;
  }

  const StoreId store_id_;
  std::shared_ptr<SegmentReader> reader_;
  SegmentState state_;
  std::vector<RecordHeader> chunks_;  // since the last journal
  bool damaged_ = false;              // something since the last journal is
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

// The process may have died before it synced what we now build on.
absl::Status SyncSegmentsOf(FileSystem* file_system, SegmentFolder* folder,
                            const std::vector<TailCommit>& commits) {
  std::set<uint64_t> segments;
  for (const TailCommit& commit : commits) {
    segments.insert(commit.journal.segment);
  }
  for (const uint64_t id : segments) {
    FOVEA_RETURN_IF_ERROR(SyncSegment(file_system, folder, id));
  }
  return absl::OkStatus();
}

absl::Status Replay(SegmentFolder* folder, Catalogue* catalogue,
                    const std::vector<TailCommit>& commits) {
  for (const TailCommit& commit : commits) {
    const uint64_t id = commit.journal.segment;
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
    FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> payload,
                           reader->ReadPayload(commit.journal));
    FOVEA_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(payload));
    AddCommitRows(commit.journal.sequence, id, commit.state, &journal.rows);
    FOVEA_RETURN_IF_ERROR(catalogue->Write(journal.rows));
  }
  return absl::OkStatus();
}

// Removes what no commit covers: files younger than the newest one that has
// commits, and the ends of `scanned` ones.
absl::Status CutTails(FileSystem* file_system, SegmentFolder* folder,
                      const SegmentStates& states,
                      const std::vector<uint64_t>& scanned) {
  const uint64_t newest = states.empty() ? 0 : states.rbegin()->first;
  bool removed = false;
  for (const uint64_t id : scanned) {
    if (id > newest) {
      FOVEA_RETURN_IF_ERROR(folder->Remove(id));
      removed = true;
      continue;
    }
    const uint64_t end = states.at(id).end;
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, folder->FileBytes(id));
    if (size <= end) continue;
    FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder->Find(id));
    FOVEA_RETURN_IF_ERROR(file_system->Truncate(folder->PathOf(header), end));
  }
  return removed ? file_system->SyncDirectory(folder->path())
                 : absl::OkStatus();
}

// The newest segment of each retention class.
absl::StatusOr<SegmentStates> OpenSegments(SegmentFolder* folder,
                                           const SegmentStates& states) {
  std::map<RetentionClass, uint64_t> newest;
  for (const auto& [id, state] : states) {
    const absl::StatusOr<SegmentHeader> header = folder->Find(id);
    if (header.ok()) newest[header->retention_class] = id;
  }
  SegmentStates open;
  for (const auto& [retention_class, id] : newest) open[id] = states.at(id);
  return open;
}

// Segments that may hold more than the catalogue knows: those that were open
// and are longer than it says, and those younger than all it has heard of.
absl::StatusOr<std::vector<uint64_t>> FindTails(SegmentFolder* folder,
                                                const SegmentStates& states) {
  const uint64_t newest = states.empty() ? 0 : states.rbegin()->first;
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates open,
                         OpenSegments(folder, states));
  std::vector<uint64_t> tails;
  for (const uint64_t id : folder->Ids()) {
    if (id > newest) tails.push_back(id);
    const auto known = open.find(id);
    if (known == open.end() || known->second.retired) continue;
    const absl::StatusOr<uint64_t> size = folder->FileBytes(id);
    if (absl::IsDataLoss(size.status())) continue;  // Verify() names it
    FOVEA_RETURN_IF_ERROR(size.status());
    if (*size > known->second.end) tails.push_back(id);
  }
  return tails;
}

absl::StatusOr<std::vector<TailCommit>> ReadTails(
    SegmentFolder* folder, const SegmentStates& states,
    const std::vector<uint64_t>& tails, const StoreId& store_id,
    uint64_t last_known) {
  TailScanner scanner(store_id);
  for (const uint64_t id : tails) {
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
    const auto known = states.find(id);
    FOVEA_RETURN_IF_ERROR(scanner.ScanSegment(
        reader, known == states.end() ? SegmentState() : known->second));
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

absl::Status SyncSegment(FileSystem* file_system, SegmentFolder* folder,
                         uint64_t id) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder->Find(id));
  FOVEA_ASSIGN_OR_RETURN(const std::unique_ptr<AppendFile> file,
                         file_system->OpenAppend(folder->PathOf(header)));
  FOVEA_RETURN_IF_ERROR(file->Sync());
  return file_system->SyncDirectory(folder->path());
}

absl::Status FinishRetired(FileSystem* file_system, SegmentFolder* folder,
                           Catalogue* catalogue) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  std::vector<uint64_t> retired;
  for (const auto& [id, state] : states) {
    if (state.retired) retired.push_back(id);
  }
  if (retired.empty()) return absl::OkStatus();
  // Without these files no replay would bring back what they told: that, and
  // that they are to go, has to be in tables first.
  FOVEA_RETURN_IF_ERROR(catalogue->Flush());
  // Asked after the flush: a reader that begins later finds nothing in the
  // tables that needs these files.
  FOVEA_ASSIGN_OR_RETURN(const bool held, folder->Held());
  if (held) return absl::OkStatus();
  std::vector<RowChange> done;
  for (const uint64_t id : retired) {
    if (folder->Find(id).ok()) FOVEA_RETURN_IF_ERROR(folder->Remove(id));
    done.push_back({Family::kMeta, SegmentKey(id), std::nullopt});
    // One by one, oldest first: a delete never goes before the put it
    // undoes. The row goes last: a file that comes back after a crash is
    // known by it.
    FOVEA_RETURN_IF_ERROR(file_system->SyncDirectory(folder->path()));
  }
  return catalogue->Write(done);
}

absl::Status CheckCatalogueNotAhead(SegmentFolder* folder,
                                    Catalogue* catalogue) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  FOVEA_ASSIGN_OR_RETURN(const LastCommit last, ReadLastCommit(catalogue));
  if (states.empty()) {
    return last.sequence == 0 ? absl::OkStatus()
                              : Ahead(last.sequence, "no segment at all");
  }
  const auto said = states.find(last.segment);
  const auto& [id, state] = said == states.end() ? *states.rbegin() : *said;
  if (!folder->Find(id).ok()) {
    return Ahead(last.sequence,
                 absl::StrCat("the file of ", SegmentLabel(id), " is missing"));
  }
  FOVEA_ASSIGN_OR_RETURN(const auto reader, folder->Reader(id));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader->Size());
  if (size < state.end) {
    return Ahead(last.sequence, absl::StrCat(SegmentLabel(id), " ends at ",
                                             size, " instead of ", state.end));
  }
  const absl::StatusOr<RecordHeader> journal =
      reader->ReadHeader(state.last_journal, state.end);
  if (journal.ok() && journal->sequence != last.sequence) {
    return Ahead(last.sequence,
                 absl::StrCat(SegmentLabel(id), " ends with commit ",
                              journal->sequence));
  }
  // A damaged journal is no proof of anything missing; Verify() names it.
  return absl::IsDataLoss(journal.status()) ? absl::OkStatus()
                                            : journal.status();
}

absl::StatusOr<Recovered> Recover(FileSystem* file_system,
                                  SegmentFolder* folder, Catalogue* catalogue,
                                  const StoreId& store_id) {
  FOVEA_RETURN_IF_ERROR(FinishRetired(file_system, folder, catalogue));
  FOVEA_RETURN_IF_ERROR(CheckCatalogueNotAhead(folder, catalogue));
  FOVEA_ASSIGN_OR_RETURN(SegmentStates states, ReadSegmentStates(catalogue));
  FOVEA_ASSIGN_OR_RETURN(const LastCommit last, ReadLastCommit(catalogue));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint64_t> tails,
                         FindTails(folder, states));
  FOVEA_ASSIGN_OR_RETURN(
      const std::vector<TailCommit> commits,
      ReadTails(folder, states, tails, store_id, last.sequence));
  FOVEA_RETURN_IF_ERROR(CheckFollowsOn(commits, last.sequence));
  FOVEA_RETURN_IF_ERROR(SyncSegmentsOf(file_system, folder, commits));
  FOVEA_RETURN_IF_ERROR(Replay(folder, catalogue, commits));
  FOVEA_ASSIGN_OR_RETURN(states, ReadSegmentStates(catalogue));
  FOVEA_RETURN_IF_ERROR(CutTails(file_system, folder, states, tails));
  Recovered recovered;
  recovered.last_sequence =
      commits.empty() ? last.sequence : commits.back().journal.sequence;
  if (!states.empty()) recovered.newest_segment = states.rbegin()->first;
  FOVEA_ASSIGN_OR_RETURN(recovered.open, OpenSegments(folder, states));
  return recovered;
}

absl::StatusOr<Recovered> CatchUp(SegmentFolder* folder, Catalogue* catalogue,
                                  const StoreId& store_id) {
  Recovered recovered;
  FOVEA_ASSIGN_OR_RETURN(const LastCommit last, ReadLastCommit(catalogue));
  recovered.last_sequence = last.sequence;
  if (!CheckCatalogueNotAhead(folder, catalogue).ok()) return recovered;
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint64_t> tails,
                         FindTails(folder, states));
  FOVEA_ASSIGN_OR_RETURN(
      std::vector<TailCommit> commits,
      ReadTails(folder, states, tails, store_id, last.sequence));
  uint64_t bytes = 0;
  size_t count = 0;
  while (count < commits.size() &&
         commits[count].journal.sequence == recovered.last_sequence + 1) {
    bytes += commits[count].journal.length;
    ++recovered.last_sequence;
    ++count;
  }
  if (bytes > kStoreLimits.replay_bytes) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the catalogue lacks ", bytes, " bytes of rows, more than the ",
        kStoreLimits.replay_bytes,
        " a read-only opening keeps in memory; run `fovea doctor --rebuild`"));
  }
  commits.resize(count);
  FOVEA_RETURN_IF_ERROR(Replay(folder, catalogue, commits));
  return recovered;
}

}  // namespace fovea
