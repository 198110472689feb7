// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/output_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

absl::Status FileError(const std::string& path, int error) {
  const std::string text =
      absl::StrCat(path, ": cannot write (", std::strerror(error), ")");
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text + "; does its folder exist?");
    case ENOSPC:
      return absl::ResourceExhaustedError(text);
    case EACCES:
    case EROFS:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status AlreadyFinished(const std::string& path) {
  return absl::FailedPreconditionError(path + ": already finished");
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(
    const std::string& path) {
  std::error_code ignored;
  const auto kind = std::filesystem::status(path, ignored).type();
  if (kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write '", path, "': not a file; name one"));
  }
  std::FILE* const file = std::fopen((path + ".part").c_str(), "wbe");
  if (file == nullptr) return FileError(path, errno);
  return std::unique_ptr<OutputFile>(new OutputFile(path, file));
}

OutputFile::~OutputFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(passing_.c_str());
}

absl::Status OutputFile::Write(const void* data, size_t size) {
  if (file_ == nullptr) return AlreadyFinished(path_);
  errno = 0;
  if (std::fwrite(data, 1, size, file_) != size) return FileError(path_, errno);
  bytes_ += size;
  return absl::OkStatus();
}

absl::Status OutputFile::Write(std::span<const uint8_t> bytes) {
  return Write(bytes.data(), bytes.size());
}

absl::Status OutputFile::Write(std::string_view text) {
  return Write(text.data(), text.size());
}

absl::Status OutputFile::Finish() {
  if (file_ == nullptr) return AlreadyFinished(path_);
  errno = 0;
  const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
  if (closed && std::rename(passing_.c_str(), path_.c_str()) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  std::remove(passing_.c_str());
  return FileError(path_, error);
}

}  // namespace fovea
