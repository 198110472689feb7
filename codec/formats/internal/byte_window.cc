// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/byte_window.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kReadBytes = 256U << 10;

}  // namespace

absl::StatusOr<std::unique_ptr<ByteWindow>> ByteWindow::Open(
    const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    std::fclose(file);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", error.message()));
  }
  std::unique_ptr<ByteWindow> window(new ByteWindow(path, size));
  window->file_ = file;
  return window;
}

std::unique_ptr<ByteWindow> ByteWindow::Over(std::string name,
                                             std::span<const uint8_t> bytes) {
  std::unique_ptr<ByteWindow> window(
      new ByteWindow(std::move(name), bytes.size()));
  window->memory_ = bytes;
  return window;
}

ByteWindow::~ByteWindow() {
  if (file_ != nullptr) std::fclose(file_);
}

// Afterwards the window holds `size` bytes from the place on, all within the
// file.
absl::Status ByteWindow::Fill(size_t size) {
  window_.erase(window_.begin(),
                window_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  const size_t kept = window_.size();
  if (std::exchange(moved_, false) &&
      fseeko(file_, static_cast<off_t>(offset_ + kept), SEEK_SET) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", name_));
  }
  const uint64_t most = left();
  const auto wanted =
      static_cast<size_t>(std::min<uint64_t>(std::max(size, kReadBytes), most));
  window_.resize(wanted);
  const size_t got = std::fread(window_.data() + kept, 1, wanted - kept, file_);
  window_.resize(kept + got);
  if (window_.size() >= size) return absl::OkStatus();
  if (std::ferror(file_) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", name_));
  }
  return absl::DataLossError(absl::StrCat(
      name_, ": ends at byte ", offset_ + window_.size(), ", but had ", size_,
      " bytes when it was opened; is it being written?"));
}

absl::StatusOr<std::span<const uint8_t>> ByteWindow::Peek(size_t size) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(size, left()));
  if (file_ == nullptr) {
    return memory_.subspan(static_cast<size_t>(offset_), count);
  }
  if (window_.size() - at_ < count) {
    if (absl::Status s = Fill(count); !s.ok()) return s;
  }
  return std::span<const uint8_t>(window_).subspan(at_, count);
}

void ByteWindow::Skip(uint64_t size) {
  MoveTo(offset_ + std::min(size, left()));
}

void ByteWindow::MoveTo(uint64_t offset) {
  const uint64_t from = offset_ - at_;  // of the window
  offset_ = std::min(offset, size_);
  if (file_ == nullptr) return;
  if (offset_ >= from && offset_ - from <= window_.size()) {
    at_ = static_cast<size_t>(offset_ - from);
    return;
  }
  window_.clear();
  at_ = 0;
  moved_ = true;
}

}  // namespace fovea::codec_internal
