// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/sample.h"

#include <cassert>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr int kMaxSide = 16384;
constexpr size_t kRowAlignment = 64;

size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

int64_t ToNanoseconds(int64_t ticks, Rational base) {
  assert(base.num > 0 && base.den > 0);
  const __int128 product =
      static_cast<__int128>(ticks) * base.num * 1'000'000'000;
  const __int128 magnitude = product < 0 ? -product : product;
  __int128 quotient = magnitude / base.den;
  const __int128 twice = magnitude % base.den * 2;
  if (twice > base.den || (twice == base.den && quotient % 2 != 0)) ++quotient;
  if (product < 0) quotient = -quotient;
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (quotient < kMin) return kMin;
  if (quotient > kMax) return kMax;
  return static_cast<int64_t>(quotient);
}

const char* StreamKindName(StreamKind kind) {
  switch (kind) {
    case StreamKind::kCamera:
      return "camera";
    case StreamKind::kImu:
      return "imu";
    case StreamKind::kSeries:
      return "series";
    case StreamKind::kOpaque:
      return "opaque";
  }
  return "unknown";
}

absl::StatusOr<FrameBuffer> FrameBuffer::Allocate(int width, int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame of ", width, "x", height, ": sides must be 1 to ",
                     kMaxSide, " pixels"));
  }
  FrameBuffer buffer;
  buffer.width_ = width;
  buffer.height_ = height;
  const auto w = static_cast<size_t>(width);
  const auto h = static_cast<size_t>(height);
  const size_t strides[3] = {RoundUp(w, kRowAlignment),
                             RoundUp((w + 1) / 2, kRowAlignment),
                             RoundUp((w + 1) / 2, kRowAlignment)};
  const size_t rows[3] = {h, (h + 1) / 2, (h + 1) / 2};
  size_t total = 0;
  for (int i = 0; i < 3; ++i) total += strides[i] * rows[i];
  auto* bytes = static_cast<uint8_t*>(std::aligned_alloc(kRowAlignment, total));
  if (bytes == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for a frame of ", width, "x", height));
  }
  buffer.pixels_ = std::shared_ptr<uint8_t>(bytes, std::free);
  for (int i = 0; i < 3; ++i) {
    buffer.planes_[i] = bytes;
    buffer.strides_[i] = static_cast<int>(strides[i]);
    bytes += strides[i] * rows[i];
  }
  return buffer;
}

Frame FrameBuffer::Release() && {
  Frame frame;
  frame.width = width_;
  frame.height = height_;
  frame.y = {planes_[0], strides_[0]};
  frame.u = {planes_[1], strides_[1]};
  frame.v = {planes_[2], strides_[2]};
  frame.pixels = std::move(pixels_);
  return frame;
}

}  // namespace fovea
