// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/frame_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/time_text.h"
#include "cli/motion_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string TypeText(const FrameEntry& entry) {
  switch (static_cast<PictureType>(entry.type)) {
    case PictureType::kI:
      return "I";
    case PictureType::kP:
      return "P";
    case PictureType::kB:
      return "B";
    case PictureType::kUnknown:
      break;
  }
  return "?";
}

std::string QpText(const FrameEntry& entry) {
  return entry.qp == 0 ? "-" : absl::StrCat(int{entry.qp});
}

Json GridJson(const FrameEntry& entry) {
  if (!entry.has_grid) return nullptr;
  return {{"luma", entry.mean_luma},
          {"texture", entry.mean_texture},
          {"difference", entry.mean_difference},
          {"residual", entry.mean_residual}};
}

std::string HexOf(uint64_t word) { return absl::StrFormat("%016x", word); }

std::string LongFingerprint(const FrameEntry& entry) {
  std::string text;
  for (const uint64_t word : entry.fingerprint256) text += HexOf(word);
  return text;
}

}  // namespace

std::string ListedFrameTable(const std::vector<ListedFrame>& frames,
                             bool color) {
  Table table({{"FRAME", Align::kRight},
               {"TIME", Align::kRight},
               {"TYPE"},
               {"BYTES", Align::kRight},
               {"QP", Align::kRight},
               {"LUMA", Align::kRight},
               {"MOVES", Align::kRight},
               {"FINGERPRINT"}});
  for (const auto& [index, gop, entry] : frames) {
    table.Add({FormatCount(static_cast<int64_t>(index)),
               FormatStreamTime(entry.time_ns), TypeText(entry),
               FormatBytes(entry.size), QpText(entry),
               entry.has_grid ? absl::StrCat(int{entry.mean_luma}) : "-",
               MotionText(entry),
               entry.has_grid ? HexOf(entry.fingerprint64) : "-"});
  }
  return table.Render(color);
}

Json ListedFrameJson(const ListedFrame& frame) {
  const FrameEntry& entry = frame.entry;
  Json json = {{"index", frame.index},
               {"gop", frame.gop},
               {"pts", entry.pts},
               {"time_ns", NanosecondsJson(entry.time_ns)},
               {"duration_ns", NanosecondsJson(entry.duration_ns)},
               {"type", TypeText(entry)},
               {"bytes", entry.size},
               {"qp", entry.qp == 0 ? Json(nullptr) : Json(entry.qp)},
               {"grid", GridJson(entry)},
               {"motion", MotionJson(entry)}};
  json["fingerprint64"] = nullptr;
  json["fingerprint256"] = nullptr;
  if (entry.has_grid) {
    json["fingerprint64"] = HexOf(entry.fingerprint64);
    json["fingerprint256"] = LongFingerprint(entry);
  }
  return json;
}

}  // namespace fovea::cli
