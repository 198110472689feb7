// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lists segment files and caches their readers.

#include "store/segment_folder.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "store/internal/status_macros.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

constexpr size_t kOpenReaders = 64;

}  // namespace

absl::Status SegmentFolder::Load() {
  const auto names = file_system_->List(path_);
  // A store whose creation broke off may lack the folder.
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(names.status());
  absl::MutexLock lock(&mutex_);
  files_.clear();
  for (const std::string& name : *names) {
    const std::optional<SegmentHeader> header = ParseSegmentName(name);
    if (!header.has_value()) continue;
    if (!files_.emplace(header->id, *header).second) {
      return absl::FailedPreconditionError(absl::StrCat(
          "'", path_, "/", name, "' and '", SegmentName(files_.at(header->id)),
          "' are one segment; move the one that does not belong "
          "to this store away"));
    }
  }
  return absl::OkStatus();
}

std::string SegmentFolder::PathOf(const SegmentHeader& header) const {
  return absl::StrCat(path_, "/", SegmentName(header));
}

std::vector<uint64_t> SegmentFolder::Ids() const {
  absl::MutexLock lock(&mutex_);
  std::vector<uint64_t> ids;
  for (const auto& [id, header] : files_) ids.push_back(id);
  return ids;
}

absl::StatusOr<SegmentHeader> SegmentFolder::Find(uint64_t id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = files_.find(id);
  if (found != files_.end()) return found->second;
  return absl::DataLossError(
      absl::StrCat(SegmentLabel(id), ": its file is missing in '", path_,
                   "'; put it back, or run `fovea doctor --rebuild`"));
}

absl::StatusOr<std::shared_ptr<SegmentReader>> SegmentFolder::Reader(
    uint64_t id) {
  {
    DroppableLock lock(&mutex_);
    const auto open = readers_.find(id);
    if (open != readers_.end()) return open->second;
  }
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, Find(id));
  absl::StatusOr<std::unique_ptr<RandomFile>> file =
      file_system_->OpenRandom(PathOf(header));
  if (absl::IsNotFound(file.status())) {
    return absl::DataLossError(absl::StrCat(
        SegmentLabel(id), ": ", std::string(file.status().message())));
  }
  FOVEA_RETURN_IF_ERROR(file.status());
  auto reader = std::make_shared<SegmentReader>(*std::move(file), id);
  DroppableLock lock(&mutex_);
  if (readers_.size() >= kOpenReaders) readers_.erase(readers_.begin());
  // A file removed meanwhile must not come back through the cache.
  if (files_.contains(id)) readers_[id] = reader;
  return reader;
}

absl::StatusOr<uint64_t> SegmentFolder::FileBytes(uint64_t id) {
  FOVEA_ASSIGN_OR_RETURN(const std::shared_ptr<SegmentReader> reader,
                         Reader(id));
  return reader->Size();
}

void SegmentFolder::Add(const SegmentHeader& header) {
  absl::MutexLock lock(&mutex_);
  files_[header.id] = header;
}

absl::Status SegmentFolder::Remove(uint64_t id) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, Find(id));
  const absl::Status removed = file_system_->Remove(PathOf(header));
  // A file that could not be removed has to be found again.
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  absl::MutexLock lock(&mutex_);
  files_.erase(id);
  readers_.erase(id);
  return absl::OkStatus();
}

}  // namespace fovea
