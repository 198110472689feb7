// SPDX-License-Identifier: GPL-2.0-or-later
//
//   YUV4MPEG2 W<width> H<height> F<rate> I<p or i> A<aspect> C420jpeg
//       XCOLORRANGE=<FULL or LIMITED>
//   per frame: FRAME, then Y', Cb and Cr without padding

#include "codec/formats/y4m_writer.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr Rational kDefaultRate{25, 1};

std::string Header(const CameraInfo& camera) {
  const Rational rate = camera.frame_rate.num > 0 && camera.frame_rate.den > 0
                            ? camera.frame_rate
                            : kDefaultRate;
  const Rational aspect = camera.sample_aspect;
  return absl::StrCat("YUV4MPEG2 W", camera.width, " H", camera.height, " F",
                      rate.num, ":", rate.den,
                      camera.interlaced ? " It" : " Ip", " A", aspect.num, ":",
                      aspect.den, " C420jpeg XCOLORRANGE=",
                      camera.color.full_range ? "FULL" : "LIMITED", "\n");
}

absl::Status FileError(const std::string& path, int error) {
  const std::string text =
      absl::StrCat(path, ": cannot write (", std::strerror(error), ")");
  switch (error) {
    case ENOENT:
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

}  // namespace

class Y4mWriter::State {
 public:
  State(std::string path, const CameraInfo& camera)
      : path_(std::move(path)), passing_(path_ + ".part"), camera_(camera) {}

  ~State() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(passing_.c_str());
  }

  absl::Status Open() {
    file_ = std::fopen(passing_.c_str(), "wbe");
    if (file_ == nullptr) return FileError(path_, errno);
    const std::string header = Header(camera_);
    return Write(header.data(), header.size());
  }

  absl::Status Add(const Frame& frame) {
    if (frame.width != camera_.width || frame.height != camera_.height) {
      return absl::InvalidArgumentError(
          absl::StrCat("frame of ", frame.width, "x", frame.height, " for ",
                       path_, " of ", camera_.width, "x", camera_.height));
    }
    constexpr char kFrame[] = "FRAME\n";
    absl::Status status = Write(kFrame, sizeof(kFrame) - 1);
    status.Update(Put(frame.y, frame.width, frame.height));
    status.Update(Put(frame.u, frame.chroma_width(), frame.chroma_height()));
    status.Update(Put(frame.v, frame.chroma_width(), frame.chroma_height()));
    return status;
  }

  absl::Status Finish() {
    if (file_ == nullptr) {
      return absl::FailedPreconditionError(path_ + ": already finished");
    }
    errno = 0;
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (closed && std::rename(passing_.c_str(), path_.c_str()) == 0) {
      return absl::OkStatus();
    }
    const int error = errno;
    std::remove(passing_.c_str());
    return FileError(path_, error);
  }

 private:
  absl::Status Put(const Plane& plane, int width, int height) {
    if (plane.data == nullptr || plane.stride < width) {
      return absl::InvalidArgumentError(
          "frame to write has a null plane or a stride below its width");
    }
    absl::Status status;
    for (int row = 0; row < height && status.ok(); ++row) {
      status = Write(plane.data + static_cast<ptrdiff_t>(row) * plane.stride,
                     static_cast<size_t>(width));
    }
    return status;
  }

  absl::Status Write(const void* data, size_t size) {
    errno = 0;
    if (file_ != nullptr && std::fwrite(data, 1, size, file_) == size) {
      return absl::OkStatus();
    }
    return FileError(path_, errno);
  }

  const std::string path_;
  const std::string passing_;
  const CameraInfo camera_;
  std::FILE* file_ = nullptr;
};

Y4mWriter::Y4mWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Y4mWriter::~Y4mWriter() = default;

absl::StatusOr<std::unique_ptr<Y4mWriter>> Y4mWriter::Create(
    const std::string& path, const CameraInfo& camera) {
  auto state = std::make_unique<State>(path, camera);
  if (absl::Status s = state->Open(); !s.ok()) return s;
  return std::unique_ptr<Y4mWriter>(new Y4mWriter(std::move(state)));
}

absl::Status Y4mWriter::Add(const Frame& frame) { return state_->Add(frame); }
absl::Status Y4mWriter::Finish() { return state_->Finish(); }

}  // namespace fovea
