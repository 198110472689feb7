// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/motion_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

constexpr int kCells = 16;

}  // namespace

std::string MotionText(const FrameEntry& entry) {
  if (!entry.has_motion) return "-";
  if (entry.camera_moves) return "most";
  return absl::StrFormat("%.1f %%", entry.moving * 100.0 / UINT8_MAX);
}

Json MotionJson(const FrameEntry& entry) {
  if (!entry.has_motion) return nullptr;
  Json cells = Json::array();
  for (int cell = 0; cell < kCells; ++cell) {
    if ((entry.moving_cells >> cell & 1) != 0) cells.push_back(cell);
  }
  return {{"camera_moves", entry.camera_moves},
          {"share", static_cast<double>(entry.moving) / UINT8_MAX},
          {"cells", cells}};
}

std::string MotionSourcesText(const MotionSources& sources) {
  const auto count = [](uint64_t frames) {
    return FormatCount(static_cast<int64_t>(frames), "frame");
  };
  std::string text = absl::StrCat(count(sources.noted), " by motion rows");
  if (sources.camera_moves > 0) {
    absl::StrAppend(&text, ", ", count(sources.camera_moves),
                    " in which most of the picture changes");
  }
  if (sources.sizes > 0) {
    absl::StrAppend(&text, ", ", count(sources.sizes),
                    " guessed from sizes of pictures");
  }
  if (sources.unknown > 0) {
    absl::StrAppend(&text, ", ", count(sources.unknown),
                    " not looked at at ingest");
  }
  return text + "; 0 decoded";
}

Json MotionSourcesJson(const MotionSources& sources) {
  return {{"motion_rows", sources.noted},
          {"camera_moves", sources.camera_moves},
          {"picture_sizes", sources.sizes},
          {"unknown", sources.unknown},
          {"frames_decoded", 0}};
}

}  // namespace fovea::cli
