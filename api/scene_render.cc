// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inverse mapping by scan lines. For a plane, (u, v, 1) / depth is linear
// in the pixel, so each bound of a rectangle cuts a row into half-lines,
// and their intersection is the span to fill: no polygon clipping.

#include "api/scene_render.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace fovea::scene {
namespace {

constexpr int kSpan = 16;
constexpr double kFarthest = 2000;  // m

// How one row of pixels meets a plane: numerators and 1 / depth at x = 0
// and their growth per pixel.
struct RowMap {
  double a, b, c;
  double da, db, dc;
};

struct TexturePoint {
  double u = 0, v = 0;  // luma texels
};

struct Span {
  int begin = 0;
  int end = 0;
};

// What stays the same over one DrawSurface call.
struct Brush {
  const Texture* texture = nullptr;
  int plane = 0;
  Mat3 map;  // texels / depth from canvas pixel
  int least_level = 0;
  int32_t zero = 0;   // code of no light, times 256
  int32_t shade = 0;  // times 256
};

Mat3 CanvasMap(const Surface& surface, const CameraView& view, int plane) {
  const Mat3 map = PlaneFromPixel(surface.plane, view);
  if (plane == 0) return map;
  return map * Mat3{{2, 0, 0, 0, 2, 0.5, 0, 0, 1}};
}

// Narrows `span` to where k * x + m >= 0.
void Cut(double k, double m, double* low, double* high) {
  if (k > 0) {
    *low = std::max(*low, -m / k);
  } else if (k < 0) {
    *high = std::min(*high, -m / k);
  } else if (m < 0) {
    *high = -1;
  }
}

Span RowSpan(const Surface& s, const RowMap& row, int width) {
  double low = 0;
  double high = width - 1;
  Cut(row.dc, row.c - 1 / kFarthest, &low, &high);
  if (std::isfinite(s.u0)) {
    Cut(row.da - s.u0 * row.dc, row.a - s.u0 * row.c, &low, &high);
  }
  if (std::isfinite(s.u1)) {
    Cut(s.u1 * row.dc - row.da, s.u1 * row.c - row.a, &low, &high);
  }
  if (std::isfinite(s.v0)) {
    Cut(row.db - s.v0 * row.dc, row.b - s.v0 * row.c, &low, &high);
  }
  if (std::isfinite(s.v1)) {
    Cut(s.v1 * row.dc - row.db, s.v1 * row.c - row.b, &low, &high);
  }
  if (!(low <= high)) return {};
  return {static_cast<int>(std::ceil(low)),
          static_cast<int>(std::floor(high)) + 1};
}

RowMap MapRow(const Mat3& map, int y) {
  const auto& m = map.m;
  return {m[1] * y + m[2], m[4] * y + m[5], m[7] * y + m[8], m[0], m[3], m[6]};
}

TexturePoint PointAt(const RowMap& row, double scale, int x) {
  const double depth = scale / (row.c + row.dc * x);
  return {(row.a + row.da * x) * depth, (row.b + row.db * x) * depth};
}

// Mip level for a pixel that covers `across` and `down` texels along the
// canvas axes: between the longer of the two (no shimmer) and their mean
// (no blur).
int LevelFor(double across2, double down2) {
  const double longer = std::max(across2, down2);
  const double footprint = 0.5 * (longer + std::sqrt(across2 * down2));
  int exponent = 0;
  std::frexp(footprint, &exponent);  // footprint is squared texels
  return std::max(0, exponent / 2);
}

uint32_t Bilinear(const uint8_t* at, size_t stride, uint32_t fu, uint32_t fv) {
  const uint32_t top = at[0] * (256 - fu) + at[1] * fu;
  const uint32_t bottom = at[stride] * (256 - fu) + at[stride + 1] * fu;
  return (top * (256 - fv) + bottom * fv) >> 8;
}

// Texel steps along a span in 16.16, wrapped by the texture's size.
struct Walk {
  uint32_t u, v, du, dv;
};

uint32_t Fixed(double texel) {
  return static_cast<uint32_t>(static_cast<int64_t>(std::floor(texel * 65536)));
}

Walk MakeWalk(TexturePoint from, TexturePoint to, int pixels, int level) {
  const double scale = 1.0 / static_cast<double>(1 << level);
  const double step = scale / pixels;
  return {Fixed(from.u * scale - 0.5), Fixed(from.v * scale - 0.5),
          Fixed((to.u - from.u) * step), Fixed((to.v - from.v) * step)};
}

int LevelOf(const Brush& brush, const RowMap& row, double scale, int x,
            TexturePoint from, TexturePoint to, int pixels) {
  const double us = (to.u - from.u) / pixels, vs = (to.v - from.v) / pixels;
  const double depth = 1 / (row.c + row.dc * x);
  const auto& m = brush.map.m;
  const double ut = (m[1] * scale - from.u * m[7]) * depth;
  const double vt = (m[4] * scale - from.v * m[7]) * depth;
  const int level = LevelFor(us * us + vs * vs, ut * ut + vt * vt);
  const int most = brush.texture->planes[0].levels() - 1;
  return std::clamp(level, brush.least_level, most);
}

void FillOpaque(const Brush& brush, Walk walk, int level, int pixels,
                uint16_t* out) {
  const MipChain::Level& map =
      brush.texture->planes[brush.plane].level(level - brush.least_level);
  const uint32_t u_mask = (1U << map.log2_width) - 1;
  const uint32_t v_mask = (1U << map.log2_height) - 1;
  const uint8_t* texels = map.texels.data();
  for (int i = 0; i < pixels; ++i) {
    const size_t at =
        ((walk.v >> 16) & v_mask) * map.stride + ((walk.u >> 16) & u_mask);
    const auto light = static_cast<int32_t>(Bilinear(
        texels + at, map.stride, (walk.u >> 8) & 255, (walk.v >> 8) & 255));
    out[i] = static_cast<uint16_t>(brush.zero +
                                   (((light - brush.zero) * brush.shade) >> 8));
    walk.u += walk.du;
    walk.v += walk.dv;
  }
}

void FillCutOut(const Brush& brush, Walk walk, int level, int pixels,
                uint16_t* out) {
  const MipChain::Level& map =
      brush.texture->planes[brush.plane].level(level - brush.least_level);
  // Chroma level n - 1 and coverage level n have the same size.
  const uint8_t* coverage = brush.texture->coverage.level(level).texels.data();
  const uint32_t u_mask = (1U << map.log2_width) - 1;
  const uint32_t v_mask = (1U << map.log2_height) - 1;
  for (int i = 0; i < pixels; ++i) {
    const size_t at =
        ((walk.v >> 16) & v_mask) * map.stride + ((walk.u >> 16) & u_mask);
    const uint32_t fu = (walk.u >> 8) & 255, fv = (walk.v >> 8) & 255;
    // Before the first texel's centre there is nothing to blend with.
    const bool outside = ((walk.u | walk.v) >> 31) != 0;
    const uint32_t share =
        outside ? 0 : Bilinear(coverage + at, map.stride, fu, fv);
    if (share != 0) {
      const auto light = static_cast<int64_t>(
          Bilinear(map.texels.data() + at, map.stride, fu, fv));
      const int64_t weight = share + (share >> 8) + (share >> 15);
      out[i] =
          static_cast<uint16_t>(out[i] + (((light - out[i]) * weight) >> 16));
    }
    walk.u += walk.du;
    walk.v += walk.dv;
  }
}

void DrawRow(const Brush& brush, const RowMap& row, Span span, uint16_t* out) {
  const double scale = brush.texture->texels_per_m;
  TexturePoint from = PointAt(row, scale, span.begin);
  for (int x = span.begin; x < span.end; x += kSpan) {
    const int pixels = std::min(kSpan, span.end - x);
    // The last pixel of the row may be the last before the horizon, so a
    // short span ends on it instead of one beyond.
    const int reach = x + pixels < span.end ? pixels : std::max(1, pixels - 1);
    const int to_x = std::min(x + reach, span.end - 1);
    const TexturePoint to = PointAt(row, scale, to_x);
    const int steps = std::max(1, to_x - x);
    const int level = LevelOf(brush, row, scale, x, from, to, steps);
    const Walk walk = MakeWalk(from, to, steps, level);
    if (brush.texture->coverage.empty()) {
      FillOpaque(brush, walk, level, pixels, out + x);
    } else {
      FillCutOut(brush, walk, level, pixels, out + x);
    }
    from = to;
  }
}

}  // namespace

void DrawSurface(const Surface& surface, const CameraView& view, int plane,
                 Canvas* canvas) {
  Brush brush;
  brush.texture = surface.texture;
  brush.plane = plane;
  brush.map = CanvasMap(surface, view, plane);
  brush.least_level = plane == 0 ? 0 : 1;
  brush.zero = (plane == 0 ? 16 : 128) << 8;
  brush.shade = static_cast<int32_t>(std::floor(256 * surface.shade + 0.5));
  for (int y = 0; y < canvas->height; ++y) {
    const RowMap row = MapRow(brush.map, y);
    const Span span = RowSpan(surface, row, canvas->width);
    if (span.begin < span.end) DrawRow(brush, row, span, canvas->row(y));
  }
}

}  // namespace fovea::scene
