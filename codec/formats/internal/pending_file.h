// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file being written that is seen under its name only once it is whole.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_PENDING_FILE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_PENDING_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea::codec_internal {

// Written beside the target under another name. Not thread-safe.
class PendingFile {
 public:
  // kNotFound (no such folder), kPermissionDenied.
  static absl::StatusOr<std::unique_ptr<PendingFile>> Create(
      const std::string& path);
  ~PendingFile();  // without Finish(): removes what was written

  // kResourceExhausted: disk full. After an error nothing more is written.
  absl::Status Write(std::string_view bytes);
  uint64_t size() const { return size_; }  // bytes written

  // Brings all to the disk and gives the file its name, once.
  absl::Status Finish();

 private:
  PendingFile(std::string path, std::string temporary, std::FILE* file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}
  absl::Status Failed(int error);

  const std::string path_;
  const std::string temporary_;
  std::FILE* file_;
  uint64_t size_ = 0;
  absl::Status status_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_PENDING_FILE_H_
