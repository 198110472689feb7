// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file that is seen under its name once it is whole.

#ifndef FOVEA_CODEC_FORMATS_OUTPUT_FILE_H_
#define FOVEA_CODEC_FORMATS_OUTPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

// Writes NAME.part and renames it at Finish(). Not thread-safe.
class OutputFile {
 public:
  // kInvalidArgument: not the name of a file; kNotFound: no such folder;
  // kPermissionDenied; kResourceExhausted: disk full, here and below.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(
      const std::string& path);
  ~OutputFile();  // without Finish(): removes what was written

  absl::Status Write(std::span<const uint8_t> bytes);
  absl::Status Write(std::string_view text);

  // What was there under the name before is gone. kFailedPrecondition: a
  // second time, or a later Write().
  absl::Status Finish();

  const std::string& path() const { return path_; }
  uint64_t bytes() const { return bytes_; }  // written so far

 private:
  OutputFile(std::string path, std::FILE* file)
      : path_(std::move(path)), passing_(path_ + ".part"), file_(file) {}
  absl::Status Write(const void* data, size_t size);

  const std::string path_;
  const std::string passing_;
  std::FILE* file_;
  uint64_t bytes_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_OUTPUT_FILE_H_
