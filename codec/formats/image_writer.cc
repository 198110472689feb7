// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/image_writer.h"

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/color_convert.h"
#include "codec/formats/internal/jpeg_writer.h"
#include "codec/formats/internal/png_writer.h"
#include "codec/formats/limits.h"

namespace fovea {
namespace {

absl::Status CheckFrame(const Frame& frame) {
  const FormatLimits limits;
  const bool sized = frame.width >= 1 && frame.height >= 1 &&
                     frame.width <= limits.max_side &&
                     frame.height <= limits.max_side;
  if (!sized || int64_t{frame.width} * frame.height > limits.max_pixels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "image of ", frame.width, "x", frame.height, ": sides must be 1 to ",
        limits.max_side, ", pixels at most ", limits.max_pixels));
  }
  const bool planes = frame.y.data != nullptr && frame.u.data != nullptr &&
                      frame.v.data != nullptr &&
                      frame.y.stride >= frame.width &&
                      frame.u.stride >= frame.chroma_width() &&
                      frame.v.stride >= frame.chroma_width();
  if (!planes) {
    return absl::InvalidArgumentError(
        "image: a plane is absent or its stride shorter than its width");
  }
  return absl::OkStatus();
}

int RoundUp16(int value) { return (value + 15) / 16 * 16; }

// Repeats the last sample of a row and, `rows` long, the last row.
void Pad(uint8_t* plane, int stride, int width, int height, int rows) {
  for (int row = 0; row < height; ++row) {
    uint8_t* line = plane + std::ptrdiff_t{row} * stride;
    std::fill(line + width, line + stride, line[width - 1]);
  }
  const uint8_t* last = plane + std::ptrdiff_t{height - 1} * stride;
  for (int row = height; row < rows; ++row) {
    std::memcpy(plane + std::ptrdiff_t{row} * stride, last,
                static_cast<size_t>(stride));
  }
}

void CopyRow(const Plane& plane, int row, int width, uint8_t* out) {
  std::memcpy(out, plane.data + std::ptrdiff_t{row} * plane.stride,
              static_cast<size_t>(width));
}

// JFIF samples of `frame`, in planes padded to whole macroblocks.
class JfifPicture {
 public:
  JfifPicture(const Frame& frame, const ColorInfo& color)
      : wide_(RoundUp16(frame.width)),
        high_(RoundUp16(frame.height)),
        samples_(static_cast<size_t>(wide_) * static_cast<size_t>(high_) / 2 *
                 3) {
    y_ = samples_.data();
    u_ = y_ + std::ptrdiff_t{wide_} * high_;
    v_ = u_ + std::ptrdiff_t{wide_ / 2} * (high_ / 2);
    if (IsJfif(color, frame.height)) {
      Copy(frame);
    } else {
      Convert(frame, ColorConverter(color, frame.height));
    }
    Pad(y_, wide_, frame.width, frame.height, high_);
    Pad(u_, wide_ / 2, frame.chroma_width(), frame.chroma_height(), high_ / 2);
    Pad(v_, wide_ / 2, frame.chroma_width(), frame.chroma_height(), high_ / 2);
  }

  JpegPlanes planes(int width, int height) const {
    return {width, height, {y_, u_, v_}, {wide_, wide_ / 2, wide_ / 2}};
  }

 private:
  void Copy(const Frame& frame) {
    for (int row = 0; row < frame.height; ++row) {
      CopyRow(frame.y, row, frame.width, y_ + std::ptrdiff_t{row} * wide_);
    }
    for (int row = 0; row < frame.chroma_height(); ++row) {
      const std::ptrdiff_t at = std::ptrdiff_t{row} * (wide_ / 2);
      CopyRow(frame.u, row, frame.chroma_width(), u_ + at);
      CopyRow(frame.v, row, frame.chroma_width(), v_ + at);
    }
  }
  void Convert(const Frame& frame, const ColorConverter& converter) {
    for (int row = 0; row < frame.height; ++row) {
      converter.JfifLumaRow(frame, row, y_ + std::ptrdiff_t{row} * wide_);
    }
    for (int row = 0; row < frame.chroma_height(); ++row) {
      const std::ptrdiff_t at = std::ptrdiff_t{row} * (wide_ / 2);
      converter.JfifChromaRow(frame, row, u_ + at, v_ + at);
    }
  }

  const int wide_;
  const int high_;
  std::vector<uint8_t> samples_;
  uint8_t* y_;
  uint8_t* u_;
  uint8_t* v_;
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> EncodePng(const Frame& frame,
                                               const ColorInfo& color) {
  absl::Status status = CheckFrame(frame);
  if (!status.ok()) return status;
  const ColorConverter converter(color, frame.height);
  const size_t row_bytes = 3 * static_cast<size_t>(frame.width);
  std::vector<uint8_t> rgb(row_bytes * static_cast<size_t>(frame.height));
  for (int row = 0; row < frame.height; ++row) {
    converter.RgbRow(frame, row,
                     rgb.data() + row_bytes * static_cast<size_t>(row));
  }
  return WritePng(frame.width, frame.height, rgb);
}

absl::StatusOr<std::vector<uint8_t>> EncodeJpeg(const Frame& frame,
                                                const ColorInfo& color,
                                                int quality) {
  absl::Status status = CheckFrame(frame);
  if (!status.ok()) return status;
  if (quality < 1 || quality > 100) {
    return absl::InvalidArgumentError(
        absl::StrCat("JPEG quality ", quality, "; 1 to 100 expected"));
  }
  const JfifPicture picture(frame, color);
  return WriteJpeg(picture.planes(frame.width, frame.height), quality);
}

}  // namespace fovea
