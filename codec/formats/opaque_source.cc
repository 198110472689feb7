// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a window of the file ahead and cuts chunks off its front.

#include "codec/formats/opaque_source.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codec/content_chunker.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

constexpr size_t kWindowBytes = 1 << 20;

class OpaqueSource : public Source {
 public:
  OpaqueSource(std::FILE* file, SourceInfo info, const std::atomic<bool>* stop)
      : file_(file), info_(std::move(info)), wish_(stop) {}
  ~OpaqueSource() override { std::fclose(file_); }

  const SourceInfo& info() const override { return info_; }
  void Stop() override { wish_.Set(); }

  absl::StatusOr<std::optional<SourceItem>> Next() override {
    if (wish_.IsSet()) return std::nullopt;
    if (absl::Status s = Fill(); !s.ok()) return s;
    const std::span<const uint8_t> left = std::span(window_).subspan(at_);
    if (left.empty()) return std::nullopt;
    const size_t length = FirstChunkLength(left);
    OpaquePacket packet;
    packet.pts = packets_++;
    packet.data.assign(left.begin(),
                       left.begin() + static_cast<std::ptrdiff_t>(length));
    at_ += length;
    return SourceItem{0, std::move(packet)};
  }

 private:
  // Afterwards the window holds a whole chunk or the file's end.
  absl::Status Fill() {
    if (at_end_ || window_.size() - at_ >= ChunkSizes().most) {
      return absl::OkStatus();
    }
    window_.erase(window_.begin(),
                  window_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const size_t kept = window_.size();
    window_.resize(kWindowBytes);
    const size_t wanted = window_.size() - kept;
    const size_t got = std::fread(window_.data() + kept, 1, wanted, file_);
    window_.resize(kept + got);
    at_end_ = got < wanted;
    if (at_end_ && std::ferror(file_) != 0) {
      return absl::ErrnoToStatus(errno,
                                 absl::StrCat("cannot read ", info_.name));
    }
    return absl::OkStatus();
  }

  std::FILE* const file_;
  const SourceInfo info_;
  StopWish wish_;
  std::vector<uint8_t> window_;
  size_t at_ = 0;  // what is before it has been handed out
  bool at_end_ = false;
  int64_t packets_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenOpaqueSource(
    const std::string& path, const SourceOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return error == std::errc::permission_denied
               ? absl::PermissionDeniedError(
                     absl::StrCat(path, ": ", error.message()))
           : std::filesystem::exists(path)
               ? absl::InvalidArgumentError(
                     absl::StrCat(path, ": not a regular file"))
               : absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  SourceInfo info;
  info.name = path;
  info.container = "file";
  info.bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (info.bytes == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the file is empty"));
  }
  Track track;
  track.kind = StreamKind::kOpaque;
  track.codec = "file";
  info.tracks.push_back(std::move(track));
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  return std::make_unique<OpaqueSource>(file, std::move(info), options.stop);
}

}  // namespace fovea
