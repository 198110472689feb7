// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/pending_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

constexpr mode_t kFileMode = 0644;

}  // namespace

absl::StatusOr<std::unique_ptr<PendingFile>> PendingFile::Create(
    const std::string& path) {
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  std::FILE* file = descriptor < 0 ? nullptr : fdopen(descriptor, "wb");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  }
  fchmod(descriptor, kFileMode);
  return std::unique_ptr<PendingFile>(
      new PendingFile(path, std::move(temporary), file));
}

PendingFile::~PendingFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(temporary_.c_str());
}

absl::Status PendingFile::Failed(int error) {
  status_ = absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path_));
  return status_;
}

absl::Status PendingFile::Write(std::string_view bytes) {
  if (!status_.ok()) return status_;
  if (file_ == nullptr) {
    return absl::FailedPreconditionError(path_ + " is finished already");
  }
  errno = 0;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
    return Failed(errno);
  }
  size_ += bytes.size();
  return absl::OkStatus();
}

absl::Status PendingFile::Finish() {
  if (!status_.ok()) return status_;
  if (file_ == nullptr) {
    return absl::FailedPreconditionError(path_ + " is finished already");
  }
  errno = 0;
  if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0) {
    return Failed(errno);
  }
  std::FILE* file = std::exchange(file_, nullptr);
  const bool named = std::fclose(file) == 0 &&
                     std::rename(temporary_.c_str(), path_.c_str()) == 0;
  if (named) return absl::OkStatus();
  const absl::Status failed = Failed(errno);
  std::remove(temporary_.c_str());
  return failed;
}

}  // namespace fovea::codec_internal
