// SPDX-License-Identifier: GPL-2.0-or-later
//
//   YUV4MPEG2 W<width> H<height> F<rate> I<p or i> A<aspect> C420jpeg
//       XCOLORRANGE=<FULL or LIMITED>
//   per frame: FRAME, then Y', Cb and Cr without padding

#include "codec/formats/y4m_writer.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/output_file.h"

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

}  // namespace

class Y4mWriter::State {
 public:
  State(std::unique_ptr<OutputFile> file, const CameraInfo& camera)
      : file_(std::move(file)), camera_(camera) {}

  absl::Status Begin() { return file_->Write(Header(camera_)); }

  absl::Status Add(const Frame& frame) {
    if (frame.width != camera_.width || frame.height != camera_.height) {
      return absl::InvalidArgumentError(absl::StrCat(
          "frame of ", frame.width, "x", frame.height, " for ", file_->path(),
          " of ", camera_.width, "x", camera_.height));
    }
    absl::Status status = file_->Write("FRAME\n");
    status.Update(Put(frame.y, frame.width, frame.height));
    status.Update(Put(frame.u, frame.chroma_width(), frame.chroma_height()));
    status.Update(Put(frame.v, frame.chroma_width(), frame.chroma_height()));
    return status;
  }

  absl::Status Finish() { return file_->Finish(); }

 private:
  absl::Status Put(const Plane& plane, int width, int height) {
    if (plane.data == nullptr || plane.stride < width) {
      return absl::InvalidArgumentError(
          "frame to write has a null plane or a stride below its width");
    }
    absl::Status status;
    for (int row = 0; row < height && status.ok(); ++row) {
      const uint8_t* const at =
          plane.data + static_cast<ptrdiff_t>(row) * plane.stride;
      status = file_->Write(std::span(at, static_cast<size_t>(width)));
    }
    return status;
  }

  const std::unique_ptr<OutputFile> file_;
  const CameraInfo camera_;
};

Y4mWriter::Y4mWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Y4mWriter::~Y4mWriter() = default;

absl::StatusOr<std::unique_ptr<Y4mWriter>> Y4mWriter::Create(
    const std::string& path, const CameraInfo& camera) {
  auto file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  auto state = std::make_unique<State>(*std::move(file), camera);
  if (absl::Status s = state->Begin(); !s.ok()) return s;
  return std::unique_ptr<Y4mWriter>(new Y4mWriter(std::move(state)));
}

absl::Status Y4mWriter::Add(const Frame& frame) { return state_->Add(frame); }
absl::Status Y4mWriter::Finish() { return state_->Finish(); }

}  // namespace fovea
