// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/rgb_frame.h"

#include <algorithm>
#include <cstring>

namespace fovea {
namespace {

// ITU-T T.871 (JFIF), scaled by 2^16; each row of weights adds up exactly,
// so that grey stays grey.
constexpr int kShift = 16;
constexpr int kHalf = 1 << (kShift - 1);
constexpr int kYr = 19595, kYg = 38470, kYb = 7471;
constexpr int kUr = -11059, kUg = -21709, kUb = 32768;
constexpr int kVr = 32768, kVg = -27439, kVb = -5329;

uint8_t Clamp(int value) {
  return static_cast<uint8_t>(std::clamp(value, 0, 255));
}

uint8_t Luma(const uint8_t* rgb) {
  return Clamp((kYr * rgb[0] + kYg * rgb[1] + kYb * rgb[2] + kHalf) >> kShift);
}

// `sum` holds four samples of each component.
void StoreChroma(const int sum[3], PixelOrder order, uint8_t* u, uint8_t* v) {
  if (order == PixelOrder::kYCbCr) {
    *u = Clamp((sum[1] + 2) >> 2);
    *v = Clamp((sum[2] + 2) >> 2);
    return;
  }
  constexpr int kRound = 1 << (kShift + 1);
  const int cb = kUr * sum[0] + kUg * sum[1] + kUb * sum[2];
  const int cr = kVr * sum[0] + kVg * sum[1] + kVb * sum[2];
  *u = Clamp(128 + ((cb + kRound) >> (kShift + 2)));
  *v = Clamp(128 + ((cr + kRound) >> (kShift + 2)));
}

void StoreLuma(const uint8_t* pixels, int width, PixelOrder order,
               uint8_t* out) {
  for (int x = 0; x < width; ++x, pixels += 3) {
    out[x] = order == PixelOrder::kRgb ? Luma(pixels) : pixels[0];
  }
}

}  // namespace

void StorePixelRows(const uint8_t* first, const uint8_t* second, int row,
                    int width, int height, PixelOrder order, FrameBuffer* out) {
  uint8_t* luma = out->plane(0) + static_cast<ptrdiff_t>(row) * out->stride(0);
  StoreLuma(first, width, order, luma);
  if (row + 1 < height) StoreLuma(second, width, order, luma + out->stride(0));
  uint8_t* u = out->plane(1) + static_cast<ptrdiff_t>(row / 2) * out->stride(1);
  uint8_t* v = out->plane(2) + static_cast<ptrdiff_t>(row / 2) * out->stride(2);
  for (int x = 0; x < width; x += 2) {
    const ptrdiff_t left = ptrdiff_t{x} * 3;
    const ptrdiff_t right = ptrdiff_t{std::min(x + 1, width - 1)} * 3;
    int sum[3];
    for (int c = 0; c < 3; ++c) {
      sum[c] = first[left + c] + first[right + c] + second[left + c] +
               second[right + c];
    }
    StoreChroma(sum, order, u + x / 2, v + x / 2);
  }
}

void StoreNeutralChroma(int height, FrameBuffer* out) {
  for (int i = 1; i < 3; ++i) {
    std::memset(out->plane(i), 128,
                static_cast<size_t>(out->stride(i)) *
                    static_cast<size_t>((height + 1) / 2));
  }
}

}  // namespace fovea
