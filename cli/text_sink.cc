// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/text_sink.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace fovea::cli {
namespace {

bool IsWrittenBeside(const std::string& path) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  return kind == std::filesystem::file_type::regular ||
         kind == std::filesystem::file_type::not_found;
}

}  // namespace

TextSink::TextSink(const std::string& path)
    : name_(path.empty() ? "standard output" : path),
      part_(!path.empty() && IsWrittenBeside(path) ? path + ".part" : ""),
      file_(path.empty()
                ? stdout
                : std::fopen((part_.empty() ? path : part_).c_str(), "wb")),
      owned_(!path.empty()) {
  if (file_ == nullptr) error_ = errno;
}

TextSink::~TextSink() {
  if (!owned_ || file_ == nullptr) return;
  std::fclose(file_);
  if (!part_.empty()) std::remove(part_.c_str());
}

void TextSink::Write(const std::string& text) {
  if (error_ != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    error_ = errno != 0 ? errno : EIO;
  }
}

absl::Status TextSink::Finish() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (error_ == 0 && !part_.empty() &&
      std::rename(part_.c_str(), name_.c_str()) != 0) {
    error_ = errno;
  }
  if (error_ == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(name_, ": cannot write (", std::strerror(error_),
                   "); choose another place with -o"));
}

}  // namespace fovea::cli
