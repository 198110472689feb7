// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/video_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/bitstream_file.h"

namespace fovea {
namespace {

constexpr mode_t kFileMode = 0644;

// libavformat's container for a file name's suffix, "" for Annex B.
absl::StatusOr<std::string> ContainerOf(const std::string& path) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  if (suffix == ".mp4") return std::string("mp4");
  if (suffix == ".mov") return std::string("mov");
  if (suffix == ".mkv") return std::string("matroska");
  if (suffix == ".h264" || suffix == ".264") return std::string();
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": suffix '", suffix,
                   "'; .mp4, .mov, .mkv, .h264 or .264 expected"));
}

absl::Status CheckCamera(const VideoWriterOptions& options) {
  const CameraInfo& camera = options.camera;
  if (camera.width < 1 || camera.height < 1 || camera.time_base.num < 1 ||
      camera.time_base.den < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "video writer: size ", camera.width, "x", camera.height, ", time base ",
        camera.time_base.num, "/", camera.time_base.den));
  }
  const NalFraming framing = options.framing;
  if (framing != 0 && framing != 1 && framing != 2 && framing != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("video writer: NAL framing ", framing));
  }
  if (framing != kAnnexB && options.codec_config.empty()) {
    return absl::InvalidArgumentError(
        "video writer: length-prefixed units need their avcC");
  }
  return absl::OkStatus();
}

// A new empty file beside `path`, named so that nothing mistakes it.
absl::StatusOr<std::string> MakeTemporary(const std::string& path) {
  std::string name = absl::StrCat(path, ".XXXXXX");
  const int file = mkstemp(name.data());
  if (file < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  }
  fchmod(file, kFileMode);
  close(file);
  return name;
}

absl::Status SyncFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = file >= 0 && fsync(file) == 0;
  absl::Status status;
  if (!ok) status = absl::ErrnoToStatus(errno, "cannot sync " + path);
  if (file >= 0) close(file);
  return status;
}

}  // namespace

class VideoWriter::State {
 public:
  State(std::string path, std::string temporary)
      : path_(std::move(path)), temporary_(std::move(temporary)) {}
  ~State() {
    file_.reset();
    if (!renamed_) std::remove(temporary_.c_str());
  }

  absl::Status Open(const std::string& container,
                    const VideoWriterOptions& options) {
    auto file = container.empty()
                    ? NewAnnexBFile(temporary_, options)
                    : NewMuxedFile(temporary_, container, options);
    if (!file.ok()) return file.status();
    file_ = *std::move(file);
    return absl::OkStatus();
  }

  absl::Status Add(const AccessUnit& unit) {
    if (file_ == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat(path_, " is finished already"));
    }
    if (unit.data.empty() || unit.data.size() > (1U << 30)) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot write ", path_, ": access unit of ",
                       unit.data.size(), " bytes at pts ", unit.pts));
    }
    absl::Status status = file_->Add(unit);
    if (status.ok()) ++units_;
    return status;
  }

  absl::Status Finish() {
    if (file_ == nullptr || units_ == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot write ", path_, ": no pictures"));
    }
    absl::Status status = file_->Finish();
    file_.reset();
    if (status.ok()) status = SyncFile(temporary_);
    if (!status.ok()) return status;
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
    }
    renamed_ = true;
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const std::string temporary_;
  std::unique_ptr<BitstreamFile> file_;
  int64_t units_ = 0;
  bool renamed_ = false;
};

VideoWriter::VideoWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
VideoWriter::~VideoWriter() = default;

absl::StatusOr<std::unique_ptr<VideoWriter>> VideoWriter::Create(
    const std::string& path, const VideoWriterOptions& options) {
  const auto container = ContainerOf(path);
  if (!container.ok()) return container.status();
  absl::Status status = CheckCamera(options);
  if (!status.ok()) return status;
  auto temporary = MakeTemporary(path);
  if (!temporary.ok()) return temporary.status();
  auto state = std::make_unique<State>(path, *std::move(temporary));
  status = state->Open(*container, options);
  if (!status.ok()) return status;
  return std::unique_ptr<VideoWriter>(new VideoWriter(std::move(state)));
}

absl::Status VideoWriter::Add(const AccessUnit& unit) {
  return state_->Add(unit);
}

absl::Status VideoWriter::Finish() { return state_->Finish(); }

}  // namespace fovea
