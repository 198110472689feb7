// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backing up a store that goes on being used. Its catalogue first, as its
// tables are on the disk; then its segments as of one later commit. Opened,
// that is a store that was killed after that commit: its journals bring the
// catalogue up to date. A hold keeps what either names from being removed
// meanwhile.

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/backup_folder.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/folder_place.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

using Progress = std::function<bool(uint64_t, uint64_t)>;

// What is new of a store while it is written is not in the total: it grows.
class ProgressCount {
 public:
  ProgressCount(uint64_t total, const Progress& progress)
      : total_(total), progress_(progress) {}

  absl::Status Advance(uint64_t bytes) {
    done_ += bytes;
    total_ = std::max(total_, done_);
    if (!progress_ || progress_(done_, total_)) return absl::OkStatus();
    return absl::CancelledError("backup: interrupted");
  }

 private:
  uint64_t total_;
  uint64_t done_ = 0;
  const Progress progress_;
};

// Of each retention class the newest segment is the one that may still be
// appended to, now or by the next process that opens the store.
std::map<uint16_t, uint64_t> NewestOfClasses(
    const std::vector<SegmentHeader>& segments) {
  std::map<uint16_t, uint64_t> newest;
  for (const SegmentHeader& segment : segments) {
    uint64_t& id = newest[segment.retention_class];
    id = std::max(id, segment.id);
  }
  return newest;
}

absl::Status AddCatalogue(const std::vector<Catalogue::LiveFile>& files,
                          const std::string& path, BackupFolder* folder) {
  for (const Catalogue::LiveFile& file : files) {
    const std::string name = absl::StrCat(kCatalogueName, "/", file.name);
    FOVEA_RETURN_IF_ERROR(
        folder->Add({name, file.size, absl::StrCat(path, "/", name), file.bytes,
                     /*sealed=*/true}));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BackupReport> ChunkStore::Backup(const std::string&,
                                                const BackupOptions&,
                                                const Progress&) {
  return absl::UnimplementedError("this store cannot be backed up");
}

absl::StatusOr<BackupReport> SegmentStore::Backup(const std::string& target,
                                                  const BackupOptions& options,
                                                  const Progress& progress) {
  FOVEA_RETURN_IF_ERROR(CheckApart(target, "store", parts_.path));
  FOVEA_RETURN_IF_ERROR(CheckInNoStore(parts_.options.file_system, target));
  const int64_t begun_ns = parts_.options.now_ns();
  const auto hold =
      snapshots_.Add(catalogue_, begun_ns + kStoreLimits.backup_hold_ns);
  FOVEA_ASSIGN_OR_RETURN(const DiskSpace space, Space());
  ProgressCount count(space.store_bytes(), progress);
  FOVEA_ASSIGN_OR_RETURN(
      const auto folder,
      BackupFolder::Open(parts_.options.file_system, target, parts_.format.id,
                         options, [&](uint64_t bytes) {
                           FOVEA_RETURN_IF_ERROR(CheckLease());
                           return count.Advance(bytes);
                         }));
  FOVEA_RETURN_IF_ERROR(BackUpFormat(folder.get()));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<uint64_t> retired,
                         BackUpCatalogue(folder.get()));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t sequence,
                         BackUpSegments(retired, folder.get()));
  // Only what was held all the time goes together.
  FOVEA_RETURN_IF_ERROR(CheckLease());
  if (!hold->LiveAt(parts_.options.now_ns())) {
    return absl::DeadlineExceededError(
        "backup: it took too long; back up to a faster disk");
  }
  return folder->Finish(sequence, begun_ns);
}

absl::Status SegmentStore::BackUpFormat(BackupFolder* folder) {
  const std::string source = absl::StrCat(parts_.path, "/", kFormatFileName);
  std::string text;
  FOVEA_ASSIGN_OR_RETURN(const auto file,
                         parts_.options.file_system->OpenRandom(source));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  FOVEA_RETURN_IF_ERROR(ReadPortions(
      parts_.options.file_system, source, 0,
      std::min(size, kStoreLimits.format_file_bytes),
      [&](std::span<const uint8_t> bytes) {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return absl::OkStatus();
      }));
  return folder->Add({kFormatFileName, text.size(), source, text});
}

absl::StatusOr<std::vector<uint64_t>> SegmentStore::BackUpCatalogue(
    BackupFolder* folder) {
  // No prune meanwhile: what is retired now is in no table's rows.
  absl::MutexLock maintenance(&maintenance_mutex_);
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(catalogue_));
  std::vector<uint64_t> retired;
  for (const auto& [id, state] : states) {
    if (state.retired) retired.push_back(id);
  }
  absl::Status status =
      catalogue_->WithLiveFiles([&](const std::vector<Catalogue::LiveFile>& f) {
        return AddCatalogue(f, parts_.path, folder);
      });
  if (absl::IsNotFound(status)) {
    // Read beside a process that writes, which replaced it.
    return absl::UnavailableError(
        absl::StrCat("the catalogue was changed meanwhile (",
                     std::string(status.message()), "); try again"));
  }
  FOVEA_RETURN_IF_ERROR(status);
  return retired;
}

absl::StatusOr<uint64_t> SegmentStore::BackUpSegments(
    const std::vector<uint64_t>& retired, BackupFolder* folder) {
  const std::unique_ptr<CatalogueReader> now = catalogue_->Snapshot();
  FOVEA_ASSIGN_OR_RETURN(const SegmentStates states,
                         ReadSegmentStates(now.get()));
  FOVEA_ASSIGN_OR_RETURN(const LastCommit last, ReadLastCommit(now.get()));
  std::vector<SegmentHeader> segments;
  for (const auto& [id, state] : states) {
    if (std::ranges::binary_search(retired, id)) continue;
    FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, folder_->Find(id));
    segments.push_back(header);
  }
  const auto newest = NewestOfClasses(segments);
  for (const SegmentHeader& segment : segments) {
    FOVEA_RETURN_IF_ERROR(folder->Add(
        {absl::StrCat(kSegmentsName, "/", SegmentName(segment)),
         states.at(segment.id).end, folder_->PathOf(segment), std::nullopt,
         newest.at(segment.retention_class) != segment.id}));
  }
  return last.sequence;
}

}  // namespace fovea
