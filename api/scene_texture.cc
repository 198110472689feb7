// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machinery of textures; what is painted is in scene_backdrop.cc and
// scene_shapes.cc.

#include "api/scene_texture.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/scene_noise.h"

namespace fovea::scene {
namespace {

uint8_t ToCode(double value) {
  return static_cast<uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
}

// BT.709, video range.
double Luma(const Rgba& c) {
  return 16 + (0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b) * 219 / 255;
}
double ChromaBlue(const Rgba& c) {
  return 128 + (-0.1146 * c.r - 0.3854 * c.g + 0.5 * c.b) * 224 / 255;
}
double ChromaRed(const Rgba& c) {
  return 128 + (0.5 * c.r - 0.4542 * c.g - 0.0458 * c.b) * 224 / 255;
}

// Mean of 2x2, or of 2x1 once a side has shrunk to one.
std::vector<uint8_t> Halve(const std::vector<uint8_t>& texels, size_t width,
                           size_t height) {
  const size_t w = std::max<size_t>(1, width / 2);
  const size_t h = std::max<size_t>(1, height / 2);
  const size_t right = width > 1 ? 1 : 0;
  const size_t down = height > 1 ? width : 0;
  std::vector<uint8_t> out(w * h);
  for (size_t y = 0; y < h; ++y) {
    for (size_t x = 0; x < w; ++x) {
      const uint8_t* at =
          texels.data() + (down != 0 ? 2 * y : y) * width + (2 * x) * right;
      out[y * w + x] = static_cast<uint8_t>(
          (at[0] + at[right] + at[down] + at[down + right] + 2) / 4);
    }
  }
  return out;
}

MipChain::Level Bordered(int log2_width, int log2_height, bool wraps,
                         const std::vector<uint8_t>& texels) {
  const size_t w = size_t{1} << log2_width;
  const size_t h = size_t{1} << log2_height;
  MipChain::Level level{log2_width, log2_height, w + 1, {}};
  level.texels.assign((w + 1) * (h + 1), 0);
  const size_t extra = wraps ? 1 : 0;
  for (size_t y = 0; y < h + extra; ++y) {
    for (size_t x = 0; x < w + extra; ++x) {
      level.texels[y * (w + 1) + x] = texels[(y % h) * w + x % w];
    }
  }
  return level;
}

// Adds one octave of value noise on a lattice of `cells` per side.
void AddOctave(uint64_t key, int cells, int side, float weight,
               std::vector<float>* values) {
  const int step = side / cells;
  const auto lattice = [&](int x, int y) {
    const auto i = static_cast<uint64_t>((y % cells) * cells + x % cells);
    return static_cast<float>(Mix(key + 0x9E3779B97F4A7C15ULL * (i + 1)) >>
                              40) *
           0x1p-24F;
  };
  for (int cy = 0; cy < cells; ++cy) {
    for (int cx = 0; cx < cells; ++cx) {
      const float a = lattice(cx, cy), b = lattice(cx + 1, cy);
      const float c = lattice(cx, cy + 1), d = lattice(cx + 1, cy + 1);
      for (int i = 0; i < step * step; ++i) {
        float tx = static_cast<float>(i % step) / static_cast<float>(step);
        float ty = static_cast<float>(i / step) / static_cast<float>(step);
        tx = tx * tx * (3 - 2 * tx);
        ty = ty * ty * (3 - 2 * ty);
        const float value =
            (a + (b - a) * tx) * (1 - ty) + (c + (d - c) * tx) * ty;
        const int at = (cy * step + i / step) * side + cx * step + i % step;
        (*values)[static_cast<size_t>(at)] += weight * value;
      }
    }
  }
}

}  // namespace

MipChain::MipChain(int log2_width, int log2_height, bool wraps,
                   std::vector<uint8_t> texels) {
  while (true) {
    levels_.push_back(Bordered(log2_width, log2_height, wraps, texels));
    if (log2_width == 0 && log2_height == 0) return;
    texels = Halve(texels, size_t{1} << log2_width, size_t{1} << log2_height);
    log2_width = std::max(0, log2_width - 1);
    log2_height = std::max(0, log2_height - 1);
  }
}

Rgba Over(const Rgba& bottom, const Rgba& top, double coverage) {
  const double c = std::clamp(coverage, 0.0, 1.0);
  return {bottom.r + (top.r - bottom.r) * c, bottom.g + (top.g - bottom.g) * c,
          bottom.b + (top.b - bottom.b) * c, std::max(bottom.a, c)};
}

Rgba Scaled(const Rgba& color, double factor) {
  return {color.r * factor, color.g * factor, color.b * factor, color.a};
}

int Texture::CoverageAt(double u, double v) const {
  if (!(u >= 0 && v >= 0 && u < width && v < height)) return 0;
  if (coverage.empty()) return 255;
  const MipChain::Level& level = coverage.level(0);
  return level
      .texels[static_cast<size_t>(v) * level.stride + static_cast<size_t>(u)];
}

Texture PaintTexture(int log2_width, int log2_height, double texels_per_m,
                     bool cut_out, const std::function<Rgba(int, int)>& paint) {
  Texture texture;
  texture.width = 1 << log2_width;
  texture.height = 1 << log2_height;
  texture.texels_per_m = texels_per_m;
  const auto w = static_cast<size_t>(texture.width);
  const auto h = static_cast<size_t>(texture.height);
  std::vector<uint8_t> planes[4];
  for (auto& plane : planes) plane.resize(w * h);
  for (size_t i = 0; i < w * h; ++i) {
    const Rgba c = paint(static_cast<int>(i % w), static_cast<int>(i / w));
    planes[0][i] = ToCode(Luma(c));
    planes[1][i] = ToCode(ChromaBlue(c));
    planes[2][i] = ToCode(ChromaRed(c));
    planes[3][i] = ToCode(255 * c.a);
  }
  texture.planes[0] =
      MipChain(log2_width, log2_height, true, std::move(planes[0]));
  for (int i = 1; i < 3; ++i) {
    texture.planes[i] =
        MipChain(log2_width - 1, log2_height - 1, true, Halve(planes[i], w, h));
  }
  if (cut_out) {
    texture.coverage =
        MipChain(log2_width, log2_height, false, std::move(planes[3]));
  }
  return texture;
}

FractalNoise::FractalNoise(uint64_t seed)
    : values_(size_t{1} << (2 * kLog2Side)) {
  constexpr int kSide = 1 << kLog2Side;
  float weight = 0.5F;
  for (int octave = 2; octave < kLog2Side + 1; ++octave) {
    AddOctave(Key(seed, 'f', static_cast<uint64_t>(octave)), 1 << octave, kSide,
              weight, &values_);
    weight *= 0.6F;
  }
  const auto [low, high] = std::minmax_element(values_.begin(), values_.end());
  const float bottom = *low;
  const float scale = 1 / (*high - *low);
  for (float& value : values_) value = (value - bottom) * scale;
}

double FractalNoise::At(double u, double v) const {
  constexpr int kSide = 1 << kLog2Side;
  const double x = (u - std::floor(u)) * kSide;
  const double y = (v - std::floor(v)) * kSide;
  const auto ix = static_cast<size_t>(x), iy = static_cast<size_t>(y);
  const double fx = x - static_cast<double>(ix);
  const double fy = y - static_cast<double>(iy);
  constexpr size_t kMask = kSide - 1;
  const float* top = values_.data() + (iy & kMask) * kSide;
  const float* bottom = values_.data() + ((iy + 1) & kMask) * kSide;
  const size_t left = ix & kMask, right = (ix + 1) & kMask;
  const double a = top[left] + (top[right] - top[left]) * fx;
  const double b = bottom[left] + (bottom[right] - bottom[left]) * fx;
  return a + (b - a) * fy;
}

}  // namespace fovea::scene
