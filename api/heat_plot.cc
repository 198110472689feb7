// SPDX-License-Identifier: GPL-2.0-or-later

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/heat_map.h"
#include "api/plot.h"
#include "api/whole_file.h"
#include "codec/map_file.h"
#include "codec/quality_map.h"
#include "codec/sensitivity_file.h"

namespace fovea {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr char kMapMagic[] = "fovea-map";
// Of the scale of sensitivities: below this many octaves under the largest
// all is equally dark.
constexpr double kShownOctaves = 16;

absl::Status NothingThere(const HeatPlotOptions& options) {
  return absl::NotFoundError(
      absl::StrCat(options.path, ": nothing holds at frame ", options.frame,
                   " yet; try a later --frame"));
}

// Sensitivities spread over many octaves, so their logarithm is shown.
void SetOctaves(const std::vector<double>& values, HeatMap* map) {
  map->hot = -INFINITY;
  for (const double value : values) {
    map->values.push_back(std::log2(value));  // zero: -inf, the cold end
    map->hot = std::max(map->hot, map->values.back());
  }
  if (!std::isfinite(map->hot)) map->hot = 0;
  map->cold = map->hot;
  for (const double value : map->values) {
    if (std::isfinite(value)) map->cold = std::min(map->cold, value);
  }
  map->cold = std::clamp(map->cold, map->hot - kShownOctaves, map->hot - 1);
}

absl::StatusOr<HeatMap> SensitivityHeat(const HeatPlotOptions& options,
                                        const std::vector<uint8_t>& bytes) {
  auto reader = SensitivityReader::Open(options.path, bytes, CodecLimits());
  if (!reader.ok()) return reader.status();
  std::optional<SensitivityFrame> held;
  while (true) {
    auto frame = (*reader)->Next();
    if (!frame.ok()) return frame.status();
    if (!frame->has_value() || (*frame)->index > options.frame) break;
    held = **std::move(frame);
  }
  if (!held) return NothingThere(options);
  const SensitivityInfo& info = (*reader)->info();
  HeatMap map;
  map.title = absl::StrCat("sensitivity of frame ", options.frame, ", log2 ",
                           SensitivityUnitName(info.unit));
  map.scale = "log2";
  map.width = info.width;
  map.height = info.height;
  map.columns = info.columns();
  map.rows = info.rows();
  SetOctaves(PerMacroblock(info, *held), &map);
  return map;
}

absl::StatusOr<HeatMap> OffsetHeat(const HeatPlotOptions& options,
                                   const std::vector<uint8_t>& bytes) {
  const std::string text(bytes.begin(), bytes.end());
  const auto maps = ParseMaps(options.path, text, CodecLimits());
  if (!maps.ok()) return maps.status();
  const QualityMap* offsets = maps->At(options.frame);
  if (offsets == nullptr) return NothingThere(options);
  HeatMap map;
  map.title =
      absl::StrCat("QP offset of frame ", options.frame, ". Bright: fine");
  map.scale = "offset";
  map.columns = maps->columns;
  map.rows = maps->rows;
  map.width = maps->columns * kMacroblockSize;
  map.height = maps->rows * kMacroblockSize;
  map.values.assign(offsets->qp_offset.begin(), offsets->qp_offset.end());
  map.hot = 0;
  map.cold = kMaxQpOffset;
  return map;
}

// Frame `index` of a recording and how it is coded.
struct Shot {
  Frame frame;
  ColorInfo color;
};

absl::StatusOr<Shot> ReadShot(const std::string& path, int64_t index) {
  auto input = OpenCamera(path, SourceOptions());
  if (!input.ok()) return input.status();
  for (int64_t next = 0;;) {
    auto item = input->source->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) {
      return absl::NotFoundError(absl::StrCat(path, ": has no frame ", index,
                                              "; it holds ", next, " frames"));
    }
    auto* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != input->track) continue;
    if (next++ == index) {
      return Shot{std::move(*frame), input->info().camera.color};
    }
  }
}

bool IsMapText(const std::vector<uint8_t>& bytes) {
  const std::string begin(
      bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(
                                         std::min<size_t>(bytes.size(), 4096)));
  return begin.find(kMapMagic) != std::string::npos;
}

absl::Status Write(const HeatMap& map, const Shot* shot,
                   const std::string& output) {
  const auto png = DrawHeatMap(map, shot == nullptr ? nullptr : &shot->frame,
                               shot == nullptr ? ColorInfo() : shot->color);
  if (!png.ok()) return png.status();
  return WriteWholeFile(output, *png);
}

}  // namespace

absl::Status PlotHeatMap(const HeatPlotOptions& options,
                         const std::string& output) {
  const auto bytes = ReadWholeFile(options.path, kMaxFileBytes);
  if (!bytes.ok()) return bytes.status();
  auto map = IsMapText(*bytes) ? OffsetHeat(options, *bytes)
                               : SensitivityHeat(options, *bytes);
  if (!map.ok()) return map.status();
  if (options.video.empty()) return Write(*map, nullptr, output);
  const auto shot = ReadShot(options.video, options.frame);
  if (!shot.ok()) return shot.status();
  // A map file knows macroblocks only; the frame says how many pixels.
  if (IsMapText(*bytes) && map->columns == MacroblockCount(shot->frame.width) &&
      map->rows == MacroblockCount(shot->frame.height)) {
    map->width = shot->frame.width;
    map->height = shot->frame.height;
  }
  return Write(*map, &*shot, output);
}

}  // namespace fovea
