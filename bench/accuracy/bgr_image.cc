// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/bgr_image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "codec/luma_weights.h"

namespace fovea::bench {
namespace {

// What each sample value adds to a colour, in 1/65536 grey levels.
struct Tables {
  std::array<int, 256> luma, red_cr, green_cr, green_cb, blue_cb;
};

constexpr int kOne = 1 << 16;

Tables TablesFor(const ColorInfo& color, int height) {
  const LumaWeights p = LumaWeightsOf(color, height);
  const double green = 1 - p.red - p.blue;
  const double luma_scale = color.full_range ? 1 : 255.0 / 219;
  const double chroma_scale = color.full_range ? 1 : 255.0 / 224;
  const int black = color.full_range ? 0 : 16;
  const auto fixed = [](double value) {
    return static_cast<int>(std::lround(value * kOne));
  };
  Tables tables;
  for (int i = 0; i < 256; ++i) {
    const auto at = static_cast<size_t>(i);
    const double chroma = chroma_scale * (i - 128);
    // Half a level here rounds the sum of all.
    tables.luma[at] = fixed(luma_scale * (i - black)) + kOne / 2;
    tables.red_cr[at] = fixed(2 * (1 - p.red) * chroma);
    tables.blue_cb[at] = fixed(2 * (1 - p.blue) * chroma);
    tables.green_cr[at] = fixed(-2 * (1 - p.red) * p.red / green * chroma);
    tables.green_cb[at] = fixed(-2 * (1 - p.blue) * p.blue / green * chroma);
  }
  return tables;
}

uint8_t Level(int fixed) {
  return static_cast<uint8_t>(std::clamp(fixed >> 16, 0, 255));
}

}  // namespace

BgrImage ToBgr(const Frame& frame, const ColorInfo& color) {
  const Tables tables = TablesFor(color, frame.height);
  BgrImage image{frame.width, frame.height, {}};
  image.bgr.resize(static_cast<size_t>(frame.width) *
                   static_cast<size_t>(frame.height) * 3);
  uint8_t* to = image.bgr.data();
  for (ptrdiff_t row = 0; row < frame.height; ++row) {
    const uint8_t* y = frame.y.data + row * frame.y.stride;
    const uint8_t* u = frame.u.data + row / 2 * frame.u.stride;
    const uint8_t* v = frame.v.data + row / 2 * frame.v.stride;
    for (ptrdiff_t x = 0; x < frame.width; ++x, to += 3) {
      const int luma = tables.luma[y[x]];
      const uint8_t cb = u[x / 2], cr = v[x / 2];
      to[0] = Level(luma + tables.blue_cb[cb]);
      to[1] = Level(luma + tables.green_cb[cb] + tables.green_cr[cr]);
      to[2] = Level(luma + tables.red_cr[cr]);
    }
  }
  return image;
}

}  // namespace fovea::bench
