// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/whole_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

absl::Status FileError(const std::string& path, const char* verb, int error) {
  const std::string text =
      absl::StrCat(path, ": cannot ", verb, " (", std::strerror(error), ")");
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(text);
    case ENOSPC:
      return absl::ResourceExhaustedError(text);
    case EACCES:
    case EROFS:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> ReadWholeFile(const std::string& path,
                                                   size_t most) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(path + ": is a folder, not a file");
  }
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return FileError(path, "open", errno);
  std::vector<uint8_t> bytes;
  constexpr size_t kStep = 1U << 16;
  while (true) {
    const size_t size = bytes.size();
    bytes.resize(size + kStep);
    const size_t read = std::fread(bytes.data() + size, 1, kStep, file.get());
    bytes.resize(size + read);
    if (bytes.size() > most) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": larger than ", most, " bytes"));
    }
    if (read < kStep) break;
  }
  if (std::ferror(file.get()) != 0) return FileError(path, "read", errno);
  return bytes;
}

absl::Status WriteWholeFile(const std::string& path,
                            std::span<const uint8_t> bytes) {
  const std::string passing = path + ".part";
  std::FILE* file = std::fopen(passing.c_str(), "wbe");
  if (file == nullptr) return FileError(path, "write", errno);
  errno = 0;
  const bool written =
      std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  int error = written ? 0 : errno;
  // Else power that fails after the rename may leave an empty file.
  if (written && (std::fflush(file) != 0 || fsync(fileno(file)) != 0)) {
    error = errno;
  }
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (written && error == 0 &&
      std::rename(passing.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (written && error == 0) return absl::OkStatus();
  std::remove(passing.c_str());
  return FileError(path, "write", error);
}

absl::Status WriteWholeFile(const std::string& path, const std::string& text) {
  return WriteWholeFile(
      path, std::span<const uint8_t>(
                reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

}  // namespace fovea
