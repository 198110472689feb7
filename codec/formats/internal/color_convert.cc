// SPDX-License-Identifier: GPL-2.0-or-later
//
// Coefficients follow from the luma weights of red and blue (ISO/IEC
// 23091-2, table 4). In both directions grey stays grey, so chroma of one
// matrix is a linear map of chroma of another, without luma.

#include "codec/formats/internal/color_convert.h"

#include <algorithm>
#include <cmath>

#include "codec/luma_weights.h"

namespace fovea {
namespace {

constexpr int kPoint = 16;

int64_t Fixed(double value) { return std::llround(value * (1 << kPoint)); }

uint8_t Clamp(int64_t fixed) {
  const int64_t value = (fixed + (1 << (kPoint - 1))) >> kPoint;
  return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255));
}

// Chroma of one plane at luma positions of one row, times 8, less 128 * 8.
class ChromaRow {
 public:
  ChromaRow(const Plane& plane, int width, int height, int row)
      : last_(width - 1) {
    const int near = row / 2;
    const int far =
        std::clamp(row % 2 == 0 ? near - 1 : near + 1, 0, height - 1);
    near_ = plane.data + std::ptrdiff_t{near} * plane.stride;
    far_ = plane.data + std::ptrdiff_t{far} * plane.stride;
  }
  int At(int x) const {
    const int left = x / 2;
    const int right = x % 2 == 0 ? left : std::min(left + 1, last_);
    return Column(left) + Column(right) - 128 * 8;
  }

 private:
  int Column(int x) const { return 3 * near_[x] + far_[x]; }

  const int last_;
  const uint8_t* near_;
  const uint8_t* far_;
};

}  // namespace

bool IsJfif(const ColorInfo& color, int height) {
  const LumaWeights weights = LumaWeightsOf(color, height);
  return color.full_range && weights.red == kBt601.red &&
         weights.blue == kBt601.blue;
}

ColorConverter::ColorConverter(const ColorInfo& color, int height) {
  const LumaWeights from = LumaWeightsOf(color, height);
  const double green = 1 - from.red - from.blue;
  const double luma = color.full_range ? 1 : 255.0 / 219;
  const double chroma = color.full_range ? 1 : 255.0 / 224;
  black_ = color.full_range ? 0 : 16;
  luma_ = Fixed(luma);
  // R - Y' and B - Y' per unit of Cr and Cb, and G - Y' from both.
  const double red = 2 * (1 - from.red) * chroma;
  const double blue = 2 * (1 - from.blue) * chroma;
  const double green_u = -blue * from.blue / green;
  const double green_v = -red * from.red / green;
  red_v_ = Fixed(red);
  blue_u_ = Fixed(blue);
  green_u_ = Fixed(green_u);
  green_v_ = Fixed(green_v);
  // The same three differences weighed again by BT.601.
  const double to_green = 1 - kBt601.red - kBt601.blue;
  const double luma_u = kBt601.blue * blue + to_green * green_u;
  const double luma_v = kBt601.red * red + to_green * green_v;
  luma_u_ = Fixed(luma_u);
  luma_v_ = Fixed(luma_v);
  u_u_ = Fixed((blue - luma_u) / (2 * (1 - kBt601.blue)));
  u_v_ = Fixed(-luma_v / (2 * (1 - kBt601.blue)));
  v_u_ = Fixed(-luma_u / (2 * (1 - kBt601.red)));
  v_v_ = Fixed((red - luma_v) / (2 * (1 - kBt601.red)));
}

void ColorConverter::RgbRow(const Frame& frame, int row, uint8_t* rgb) const {
  const uint8_t* y = frame.y.data + std::ptrdiff_t{row} * frame.y.stride;
  const ChromaRow u(frame.u, frame.chroma_width(), frame.chroma_height(), row);
  const ChromaRow v(frame.v, frame.chroma_width(), frame.chroma_height(), row);
  for (int x = 0; x < frame.width; ++x) {
    const int64_t base = luma_ * (y[x] - black_);
    const int64_t cb = u.At(x);
    const int64_t cr = v.At(x);
    *rgb++ = Clamp(base + red_v_ * cr / 8);
    *rgb++ = Clamp(base + (green_u_ * cb + green_v_ * cr) / 8);
    *rgb++ = Clamp(base + blue_u_ * cb / 8);
  }
}

void ColorConverter::JfifLumaRow(const Frame& frame, int row,
                                 uint8_t* out) const {
  const uint8_t* y = frame.y.data + std::ptrdiff_t{row} * frame.y.stride;
  const ChromaRow u(frame.u, frame.chroma_width(), frame.chroma_height(), row);
  const ChromaRow v(frame.v, frame.chroma_width(), frame.chroma_height(), row);
  for (int x = 0; x < frame.width; ++x) {
    const int64_t mixed = luma_u_ * u.At(x) + luma_v_ * v.At(x);
    out[x] = Clamp(luma_ * (y[x] - black_) + mixed / 8);
  }
}

void ColorConverter::JfifChromaRow(const Frame& frame, int row, uint8_t* out_u,
                                   uint8_t* out_v) const {
  const uint8_t* u = frame.u.data + std::ptrdiff_t{row} * frame.u.stride;
  const uint8_t* v = frame.v.data + std::ptrdiff_t{row} * frame.v.stride;
  constexpr int64_t kMiddle = int64_t{128} << kPoint;
  for (int x = 0; x < frame.chroma_width(); ++x) {
    const int cb = u[x] - 128;
    const int cr = v[x] - 128;
    out_u[x] = Clamp(kMiddle + u_u_ * cb + u_v_ * cr);
    out_v[x] = Clamp(kMiddle + v_u_ * cb + v_v_ * cr);
  }
}

}  // namespace fovea
