// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr double kLeastDepth = 1e-6;  // of the plane, m[8] = 1 being usual
constexpr int kDriftGrid = 8;         // points a side
constexpr char kDigits[] = "0123456789abcdef";

bool Inside(const PicturePoint& p, PictureSize size, double margin) {
  return p.x >= margin - 0.5 && p.y >= margin - 0.5 &&
         p.x <= size.width - 0.5 - margin && p.y <= size.height - 0.5 - margin;
}

// Corners of macroblock (column, row), cut to the picture.
std::array<PicturePoint, 4> CornersOf(int column, int row, PictureSize size) {
  const double left = column * kMacroblockSize - 0.5;
  const double top = row * kMacroblockSize - 0.5;
  const double right = std::min(left + kMacroblockSize, size.width - 0.5);
  const double bottom = std::min(top + kMacroblockSize, size.height - 0.5);
  return {{{left, top}, {right, top}, {left, bottom}, {right, bottom}}};
}

}  // namespace

std::optional<PicturePoint> MapPoint(const Homography& h, PicturePoint p) {
  const auto& m = h.m;
  const double depth = m[6] * p.x + m[7] * p.y + m[8];
  if (!(depth > kLeastDepth)) return std::nullopt;
  return PicturePoint{(m[0] * p.x + m[1] * p.y + m[2]) / depth,
                      (m[3] * p.x + m[4] * p.y + m[5]) / depth};
}

std::optional<Homography> InverseOf(const Homography& h) {
  const auto& m = h.m;
  Homography inverse{{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8],
                      m[1] * m[5] - m[2] * m[4], m[5] * m[6] - m[3] * m[8],
                      m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
                      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7],
                      m[0] * m[4] - m[1] * m[3]}};
  const double scale = inverse.m[8];
  const double determinant =
      m[0] * inverse.m[0] + m[1] * inverse.m[3] + m[2] * inverse.m[6];
  if (!(std::abs(determinant) > 1e-12) || !(std::abs(scale) > 1e-12)) {
    return std::nullopt;
  }
  for (double& value : inverse.m) value /= scale;
  return inverse;
}

std::optional<Box> MapBox(const Homography& h, const Box& box) {
  constexpr float kFar = std::numeric_limits<float>::max();
  Box out{kFar, kFar, -kFar, -kFar};
  for (const float x : {box.left, box.right}) {
    for (const float y : {box.top, box.bottom}) {
      // A box's edges are half a pixel off the centres.
      const auto p = MapPoint(
          h, {static_cast<double>(x) - 0.5, static_cast<double>(y) - 0.5});
      if (!p) return std::nullopt;
      out.left = std::min(out.left, static_cast<float>(p->x + 0.5));
      out.right = std::max(out.right, static_cast<float>(p->x + 0.5));
      out.top = std::min(out.top, static_cast<float>(p->y + 0.5));
      out.bottom = std::max(out.bottom, static_cast<float>(p->y + 0.5));
    }
  }
  return out;
}

double MacroblockMask::share() const {
  if (set.empty()) return 0;
  return static_cast<double>(std::count(set.begin(), set.end(), true)) /
         static_cast<double>(set.size());
}

MacroblockMask SeenByFirst(const Homography& first_to_second, PictureSize first,
                           PictureSize second, int margin) {
  MacroblockMask mask{
      MacroblockCount(second.width), MacroblockCount(second.height), {}};
  mask.set.assign(
      static_cast<size_t>(mask.columns) * static_cast<size_t>(mask.rows),
      false);
  const auto back = InverseOf(first_to_second);
  if (!back) return mask;
  for (size_t i = 0; i < mask.set.size(); ++i) {
    const auto corners = CornersOf(static_cast<int>(i) % mask.columns,
                                   static_cast<int>(i) / mask.columns, second);
    mask.set[i] = std::all_of(corners.begin(), corners.end(),
                              [&](const PicturePoint& corner) {
                                const auto p = MapPoint(*back, corner);
                                return p && Inside(*p, first, margin);
                              });
  }
  return mask;
}

MacroblockMask Without(MacroblockMask mask, std::span<const Box> boxes,
                       int grow) {
  const auto block = [](float pixels) {
    const float in_range = std::clamp(pixels, -65536.0F, 65536.0F);
    return static_cast<int>(std::floor(in_range / kMacroblockSize));
  };
  for (const Box& box : boxes) {
    if (!(box.left < box.right) || !(box.top < box.bottom)) continue;
    const int top = std::max(0, block(box.top) - grow);
    const int bottom = std::min(mask.rows - 1, block(box.bottom) + grow);
    const int left = std::max(0, block(box.left) - grow);
    const int right = std::min(mask.columns - 1, block(box.right) + grow);
    for (int row = top; row <= bottom; ++row) {
      for (int column = left; column <= right; ++column) {
        mask.set[static_cast<size_t>(row * mask.columns + column)] = false;
      }
    }
  }
  return mask;
}

double ShareIn(const MacroblockMask& mask, const Box& box) {
  const double area = (static_cast<double>(box.right) - box.left) *
                      (static_cast<double>(box.bottom) - box.top);
  if (!(box.left < box.right) || !(box.top < box.bottom)) return 0;
  double inside = 0;
  for (int row = 0; row < mask.rows; ++row) {
    for (int column = 0; column < mask.columns; ++column) {
      if (!mask.set[static_cast<size_t>(row * mask.columns + column)]) continue;
      const auto left = static_cast<float>(column * kMacroblockSize);
      const auto top = static_cast<float>(row * kMacroblockSize);
      const float across = std::min(box.right, left + kMacroblockSize) -
                           std::max(box.left, left);
      const float down =
          std::min(box.bottom, top + kMacroblockSize) - std::max(box.top, top);
      if (across > 0 && down > 0) inside += static_cast<double>(across) * down;
    }
  }
  return inside / area;
}

std::string MaskText(const MacroblockMask& mask) {
  std::string text;
  for (size_t i = 0; i < mask.set.size(); i += 4) {
    size_t digit = 0;
    for (size_t bit = 0; bit < 4 && i + bit < mask.set.size(); ++bit) {
      digit |= static_cast<size_t>(mask.set[i + bit]) << bit;
    }
    text += kDigits[digit];
  }
  return text;
}

absl::StatusOr<MacroblockMask> ParseMask(int columns, int rows,
                                         std::string_view text) {
  constexpr int kMostBlocks = 1024;  // a side: pictures of 16,384 pixels
  if (columns < 1 || rows < 1 || columns > kMostBlocks || rows > kMostBlocks) {
    return absl::DataLossError(
        absl::StrCat("overlap mask of ", columns, "x", rows,
                     " macroblocks; expected 1 to ", kMostBlocks, " a side"));
  }
  const size_t blocks = static_cast<size_t>(columns * rows);
  if (text.size() != (blocks + 3) / 4) {
    return absl::DataLossError(absl::StrCat("overlap mask of ", text.size(),
                                            " digits; expected ",
                                            (blocks + 3) / 4));
  }
  MacroblockMask mask{columns, rows, std::vector<bool>(blocks)};
  for (size_t i = 0; i < blocks; ++i) {
    const size_t digit = std::string_view(kDigits).find(text[i / 4]);
    if (digit == std::string_view::npos) {
      return absl::DataLossError(
          absl::StrCat("overlap mask: digit ", i / 4, " is not hexadecimal"));
    }
    mask.set[i] = ((digit >> (i % 4)) & 1) != 0;
  }
  return mask;
}

double Drift(const Homography& first, const Homography& second,
             PictureSize size, PictureSize target) {
  double most = 0;
  for (int i = 0; i < kDriftGrid * kDriftGrid; ++i) {
    const PicturePoint p{
        (i % kDriftGrid + 0.5) / kDriftGrid * size.width - 0.5,
        (i / kDriftGrid + 0.5) / kDriftGrid * size.height - 0.5};
    const auto a = MapPoint(first, p);
    if (!a || !Inside(*a, target, 0)) continue;
    const auto b = MapPoint(second, p);
    if (!b) return std::numeric_limits<double>::infinity();
    most = std::max(most, std::hypot(a->x - b->x, a->y - b->y));
  }
  return most;
}

}  // namespace fovea
