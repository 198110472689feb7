// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is visible of each object, pixel by pixel: the pixel's ray meets the
// object's plane where its coverage is at least a half, and nothing nearer
// covers it. Independent of the renderer's spans and mip levels, so the two
// check each other.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "api/scene_stage.h"

namespace fovea::scene {
namespace {

constexpr int kHalfCovered = 128;

// Pixels left..right-1, top..bottom-1.
struct PixelRect {
  int64_t left = 0, top = 0, right = 0, bottom = 0;
};

PixelRect Intersect(const PixelRect& a, const PixelRect& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top),
          std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

bool IsEmpty(const PixelRect& r) {
  return r.left >= r.right || r.top >= r.bottom;
}

// One surface as a test for pixels.
struct Cover {
  const Surface* surface;
  Mat3 map;
  PixelRect rect;  // holds all its pixels

  bool Hides(double x, double y) const {
    const Vec3 p = map * Vec3{x, y, 1};
    if (!(p.z > 0)) return false;
    const double u = p.x / p.z, v = p.y / p.z;
    const Surface& s = *surface;
    if (!(u >= s.u0 && u <= s.u1 && v >= s.v0 && v <= s.v1)) return false;
    if (s.texture == nullptr || s.texture->coverage.empty()) return true;
    const double scale = s.texture->texels_per_m;
    return s.texture->CoverageAt(u * scale, v * scale) >= kHalfCovered;
  }
};

PixelRect BoundingRect(const Surface& s, const CameraView& view) {
  PixelRect rect{INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
  for (int corner = 0; corner < 4; ++corner) {
    const Vec3 point = s.plane.origin +
                       (corner % 2 == 0 ? s.u0 : s.u1) * s.plane.u +
                       (corner / 2 == 0 ? s.v0 : s.v1) * s.plane.v;
    const Vec3 pixel = Project(view, point);
    // Nothing bounded comes this near or behind unless the second camera
    // looks far aside: such a corner is out of sight.
    if (!(pixel.z > 0.1)) return {};
    const auto x = static_cast<int64_t>(std::floor(pixel.x));
    const auto y = static_cast<int64_t>(std::floor(pixel.y));
    rect = {std::min(rect.left, x), std::min(rect.top, y),
            std::max(rect.right, x + 2), std::max(rect.bottom, y + 2)};
  }
  return rect;
}

bool IsHidden(const std::vector<const Cover*>& nearer, double x, double y) {
  return std::any_of(nearer.begin(), nearer.end(),
                     [x, y](const Cover* cover) { return cover->Hides(x, y); });
}

// Counts what `cover` would show alone and what is left of it in `image`.
SceneBox Survey(const Cover& cover, const std::vector<const Cover*>& nearer,
                const PixelRect& image) {
  int64_t whole = 0;
  int64_t seen = 0;
  PixelRect box{INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
  for (int64_t y = cover.rect.top; y < cover.rect.bottom; ++y) {
    for (int64_t x = cover.rect.left; x < cover.rect.right; ++x) {
      const auto px = static_cast<double>(x), py = static_cast<double>(y);
      if (!cover.Hides(px, py)) continue;
      ++whole;
      if (IsEmpty(Intersect({x, y, x + 1, y + 1}, image))) continue;
      if (IsHidden(nearer, px, py)) continue;
      ++seen;
      box = {std::min(box.left, x), std::min(box.top, y),
             std::max(box.right, x + 1), std::max(box.bottom, y + 1)};
    }
  }
  SceneBox out;
  out.visible = 0;
  if (seen == 0) return out;
  out.x = static_cast<double>(box.left);
  out.y = static_cast<double>(box.top);
  out.width = static_cast<double>(box.right - box.left);
  out.height = static_cast<double>(box.bottom - box.top);
  out.visible = static_cast<double>(seen) / static_cast<double>(whole);
  return out;
}

std::vector<Cover> MakeCovers(const std::vector<Surface>& surfaces,
                              const CameraView& view) {
  std::vector<Cover> covers;
  for (const Surface& s : surfaces) {
    const bool bounded = std::isfinite(s.u0) && std::isfinite(s.u1) &&
                         std::isfinite(s.v0) && std::isfinite(s.v1);
    if (!bounded) continue;  // backdrop and ground hide nothing
    covers.push_back(
        {&s, PlaneFromPixel(s.plane, view), BoundingRect(s, view)});
  }
  return covers;
}

}  // namespace

std::vector<SceneBox> VisibleBoxes(const std::vector<Surface>& surfaces,
                                   const std::vector<Actor>& actors,
                                   const CameraView& view, int width,
                                   int height) {
  const PixelRect image{0, 0, width, height};
  const std::vector<Cover> covers = MakeCovers(surfaces, view);
  std::vector<SceneBox> boxes;
  for (size_t i = 0; i < covers.size(); ++i) {
    const Cover& cover = covers[i];
    if (cover.surface->object < 0) continue;
    if (IsEmpty(Intersect(cover.rect, image))) continue;
    std::vector<const Cover*> nearer;
    for (size_t k = i + 1; k < covers.size(); ++k) {
      if (!IsEmpty(Intersect(covers[k].rect, cover.rect))) {
        nearer.push_back(&covers[k]);
      }
    }
    SceneBox box = Survey(cover, nearer, image);
    if (box.visible <= 0) continue;
    box.object = cover.surface->object;
    box.label = actors[static_cast<size_t>(box.object)].label;
    boxes.push_back(std::move(box));
  }
  std::sort(
      boxes.begin(), boxes.end(),
      [](const SceneBox& a, const SceneBox& b) { return a.object < b.object; });
  return boxes;
}

}  // namespace fovea::scene
