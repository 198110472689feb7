// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/canvas.h"
#include "codec/formats/image_writer.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr Rgb kWhite{255, 255, 255};
constexpr Rgb kGrey{150, 150, 150};
constexpr int kTicks = 5;
constexpr int kBarHeight = 16;

// From cold to hot; lightness rises all the way, so that it reads in grey,
// too.
constexpr std::array<Rgb, 6> kColors = {{{20, 16, 70},
                                         {90, 20, 120},
                                         {180, 40, 110},
                                         {235, 95, 60},
                                         {250, 170, 45},
                                         {252, 250, 160}}};

uint8_t Between(uint8_t a, uint8_t b, double share) {
  return static_cast<uint8_t>(std::lround(a + (b - a) * share));
}

// `heat` 0 is cold, 1 is hot.
Rgb ColorOf(double heat) {
  if (!std::isfinite(heat)) heat = 0;
  const double place = std::clamp(heat, 0.0, 1.0) * (kColors.size() - 1);
  const size_t i = std::min(static_cast<size_t>(place), kColors.size() - 2);
  const double share = place - static_cast<double>(i);
  const Rgb a = kColors[i];
  const Rgb b = kColors[i + 1];
  return {Between(a.red, b.red, share), Between(a.green, b.green, share),
          Between(a.blue, b.blue, share)};
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

// Where things are; all even, as chroma wants it.
struct Layout {
  int scale = 1;  // of text
  int margin = 8;
  int top = 0;  // of frame and map
  int map_left = 0;
  int bar_top = 0;
  int width = 0;
  int height = 0;
};

Layout LayoutOf(const HeatMap& map, bool with_frame) {
  Layout layout;
  layout.scale = map.width >= 560 ? 2 : 1;
  const int text = Canvas::kTextHeight * layout.scale;
  const int width = map.width + map.width % 2;
  const int height = map.height + map.height % 2;
  layout.top = text + 2 * layout.margin;
  layout.map_left = with_frame ? width + 3 * layout.margin : layout.margin;
  layout.bar_top = layout.top + height + layout.margin;
  layout.width = layout.map_left + width + layout.margin;
  layout.height = layout.bar_top + kBarHeight + text + 2 * layout.margin;
  return layout;
}

void DrawBlocks(const HeatMap& map, const Layout& layout, Canvas* canvas) {
  size_t i = 0;
  for (int row = 0; row < map.rows; ++row) {
    for (int column = 0; column < map.columns; ++column, ++i) {
      const int left = column * kMacroblockSize;
      const int top = row * kMacroblockSize;
      const double heat = (map.values[i] - map.cold) / (map.hot - map.cold);
      canvas->Fill({layout.map_left + left, layout.top + top,
                    std::min(kMacroblockSize, map.width - left),
                    std::min(kMacroblockSize, map.height - top)},
                   ColorOf(heat));
    }
  }
}

void DrawScale(const HeatMap& map, const Layout& layout, Canvas* canvas) {
  for (int x = 0; x < map.width; x += 2) {
    const double heat = static_cast<double>(x) / std::max(map.width - 2, 1);
    canvas->Fill({layout.map_left + x, layout.bar_top, 2, kBarHeight},
                 ColorOf(heat));
  }
  const int top = layout.bar_top + kBarHeight + layout.margin;
  for (int tick = 0; tick < kTicks; ++tick) {
    const double share = static_cast<double>(tick) / (kTicks - 1);
    const std::string text = Number(map.cold + (map.hot - map.cold) * share);
    const int x = static_cast<int>(std::lround(share * (map.width - 2)));
    canvas->Fill({layout.map_left + x, layout.bar_top + kBarHeight, 2, 4},
                 kWhite);
    // The outer labels stay within the map.
    const int width = Canvas::TextWidth(text, layout.scale);
    const int left =
        std::clamp(x - width / 2, 0, std::max(map.width - width, 0));
    canvas->Text(text, layout.map_left + left, top, layout.scale, kWhite);
  }
  const int label = Canvas::TextWidth(map.scale + " ", layout.scale);
  if (layout.map_left > label + layout.margin) {
    canvas->Text(map.scale, layout.map_left - label, top, layout.scale, kGrey);
  }
}

absl::Status CheckSizes(const HeatMap& map, const Frame* frame) {
  const bool fits = map.width > 0 && map.height > 0 &&
                    map.columns >= MacroblockCount(map.width) &&
                    map.rows >= MacroblockCount(map.height) &&
                    map.values.size() == static_cast<size_t>(map.columns) *
                                             static_cast<size_t>(map.rows);
  const bool frame_fits = frame == nullptr || (frame->width == map.width &&
                                               frame->height == map.height);
  if (fits && frame_fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("heat map of ", map.columns, "x", map.rows,
                   " macroblocks for ", map.width, "x", map.height, " pixels",
                   frame_fits ? "" : " beside a frame of another size"));
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> DrawHeatMap(const HeatMap& map,
                                                 const Frame* frame,
                                                 const ColorInfo& color) {
  if (absl::Status s = CheckSizes(map, frame); !s.ok()) return s;
  const Layout layout = LayoutOf(map, frame != nullptr);
  auto canvas = Canvas::Create(layout.width, layout.height, color, map.height);
  if (!canvas.ok()) return canvas.status();
  canvas->Text(map.title, layout.margin, layout.margin, layout.scale, kWhite);
  if (frame != nullptr) canvas->Put(*frame, layout.margin, layout.top);
  DrawBlocks(map, layout, &*canvas);
  DrawScale(map, layout, &*canvas);
  const ColorInfo settled = canvas->color();
  return EncodePng(std::move(*canvas).Release(), settled);
}

}  // namespace fovea
