// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/ballast.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

constexpr uint64_t kRoomFactor = 3;

}  // namespace

Ballast::Ballast(FileSystem* file_system, const std::string& store,
                 uint64_t bytes)
    : file_system_(file_system),
      folder_(store),
      path_(absl::StrCat(store, "/", kBallastName)),
      bytes_(bytes) {}

absl::Status Ballast::Fill() {
  if (bytes_ == 0) return absl::OkStatus();
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, Size());
  held_ = size == bytes_;
  if (held_) return absl::OkStatus();
  FOVEA_RETURN_IF_ERROR(Release());  // of another size
  FOVEA_ASSIGN_OR_RETURN(const uint64_t free, file_system_->FreeBytes(folder_));
  if (free / kRoomFactor < bytes_) return absl::OkStatus();
  const absl::Status reserved = file_system_->Reserve(path_, bytes_);
  if (absl::IsUnimplemented(reserved)) bytes_ = 0;
  FOVEA_RETURN_IF_ERROR(reserved);
  held_ = true;
  return absl::OkStatus();
}

absl::Status Ballast::Release() {
  held_ = false;
  FOVEA_ASSIGN_OR_RETURN(const bool exists, file_system_->Exists(path_));
  return exists ? file_system_->Remove(path_) : absl::OkStatus();
}

absl::Status Ballast::ReleaseBelow(uint64_t least) {
  FOVEA_ASSIGN_OR_RETURN(const uint64_t free, file_system_->FreeBytes(folder_));
  return free < least ? Release() : absl::OkStatus();
}

absl::StatusOr<uint64_t> Ballast::Size() const {
  const auto file = file_system_->OpenRandom(path_);
  if (absl::IsNotFound(file.status())) return 0;
  FOVEA_RETURN_IF_ERROR(file.status());
  return (*file)->Size();
}

}  // namespace fovea
