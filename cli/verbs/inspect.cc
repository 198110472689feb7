// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea inspect FILE|STREAM: what a coded stream really holds.

#include "api/inspect.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/series_account.h"
#include "api/whole_file.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/motion_text.h"
#include "cli/series_account_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct InspectArguments {
  std::string what;
  std::optional<int64_t> frame;
  std::string picture;  // path
  bool frames = false;
  InspectOptions options;
};

std::string QpText(double qp) {
  if (qp < 0) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", qp);
  return text;
}

Json QpJson(double qp) { return qp < 0 ? Json(nullptr) : Json(qp); }

Json FrameJson(const InspectedFrame& frame) {
  return {{"index", frame.index < 0 ? Json(nullptr) : Json(frame.index)},
          {"pts", frame.pts},
          {"time_ns", NanosecondsJson(frame.time_ns)},
          {"bytes", frame.bytes},
          {"type", std::string(1, frame.type)},
          {"keyframe", frame.keyframe},
          {"mean_qp", QpJson(frame.mean_qp)},
          {"motion", frame.noted ? MotionJson(*frame.noted) : Json(nullptr)}};
}

Json SideDataJson(const Inspection& inspection, const FoundSideData& found) {
  const QualitySideData& data = found.data;
  Json models = Json::array();
  for (const ModelId& model : data.models) {
    models.push_back(
        {{"name", model.name}, {"digest", DigestText(model.digest)}});
  }
  Json json = {{"frame", inspection.frames[found.frame].index},
               {"models", models},
               {"unit", SensitivityUnitName(data.unit)},
               {"budget", data.budget},
               {"verdict", QualityVerdictName(data.verdict)},
               {"error_energy", data.error_energy},
               {"reference", data.reference},
               {"chroma_qp_offset", data.chroma_qp_offset},
               {"map_holds", data.map_holds}};
  json["map"] = nullptr;
  if (data.map) {
    json["map"] = {{"columns", data.map->columns},
                   {"rows", data.map->rows},
                   {"qp_offset", data.map->qp_offset}};
  }
  return json;
}

// Pictures of each type: "1 I, 59 P".
std::string TypesOf(const Inspection& inspection, const InspectedGop& gop) {
  std::string text;
  for (const char type : {'I', 'P', 'B', '?'}) {
    const auto begin =
        inspection.frames.begin() + static_cast<std::ptrdiff_t>(gop.first);
    const auto count = std::count_if(
        begin, begin + static_cast<std::ptrdiff_t>(gop.frames),
        [type](const InspectedFrame& frame) { return frame.type == type; });
    if (count == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ",
                    std::string(1, type));
  }
  return text;
}

Json InspectJson(const Inspection& inspection,
                 const InspectArguments& arguments) {
  Json document = Document("inspect");
  document["name"] = inspection.name;
  document["container"] = inspection.container;
  document["camera"] = CameraJson(inspection.camera);
  document["bytes"] = inspection.bytes;
  document["stopped"] = inspection.stopped;
  document["frames"] = Json::array();
  for (const auto& frame : inspection.frames) {
    document["frames"].push_back(FrameJson(frame));
  }
  document["gops"] = Json::array();
  for (const auto& gop : inspection.gops) {
    document["gops"].push_back({{"first_frame", gop.first},
                                {"frames", gop.frames},
                                {"bytes", gop.bytes},
                                {"mean_qp", QpJson(gop.mean_qp)}});
  }
  document["side_data"] = Json::array();
  for (const auto& found : inspection.side_data) {
    document["side_data"].push_back(SideDataJson(inspection, found));
  }
  document["damaged"] = inspection.damaged;
  document["damage"] = inspection.damage;
  document["notes"] = inspection.notes;
  if (!arguments.picture.empty()) document["picture"] = arguments.picture;
  return document;
}

std::string SideDataText(const Inspection& inspection) {
  if (inspection.side_data.empty()) return "none";
  const QualitySideData& data = inspection.side_data.front().data;
  std::string models;
  for (const ModelId& model : data.models) {
    absl::StrAppend(&models, models.empty() ? "" : ", ", model.name);
  }
  return Printable(absl::StrCat(
      FormatCount(static_cast<int64_t>(inspection.side_data.size())),
      " messages; the first: ", models.empty() ? "no model" : models, ", unit ",
      SensitivityUnitName(data.unit), ", ",
      data.map ? absl::StrCat("map of ", data.map->columns, "x", data.map->rows)
               : "no map",
      ", chroma offset ", data.chroma_qp_offset, ", budget ",
      QualityVerdictName(data.verdict)));
}

std::string GopsText(const Inspection& inspection, bool color) {
  Table table({{"GOP", Align::kRight},
               {"FROM", Align::kRight},
               {"FRAMES", Align::kRight},
               {"TYPES"},
               {"BYTES", Align::kRight},
               {"MEAN QP", Align::kRight}});
  for (size_t i = 0; i < inspection.gops.size(); ++i) {
    const InspectedGop& gop = inspection.gops[i];
    table.Add({FormatCount(static_cast<int64_t>(i)),
               FormatCount(static_cast<int64_t>(gop.first)),
               FormatCount(static_cast<int64_t>(gop.frames)),
               TypesOf(inspection, gop), FormatBytes(gop.bytes),
               QpText(gop.mean_qp)});
  }
  return table.Render(color);
}

std::string FramesText(const Inspection& inspection, bool color) {
  Table table({{"FRAME", Align::kRight},
               {"TYPE"},
               {"PTS", Align::kRight},
               {"BYTES", Align::kRight},
               {"MEAN QP", Align::kRight},
               {"MOVES", Align::kRight}});
  for (const InspectedFrame& frame : inspection.frames) {
    table.Add(
        {frame.index < 0 ? "-" : FormatCount(frame.index),
         absl::StrCat(std::string(1, frame.type), frame.keyframe ? " key" : ""),
         std::to_string(frame.pts), FormatBytes(frame.bytes),
         QpText(frame.mean_qp), frame.noted ? MotionText(*frame.noted) : "-"});
  }
  return table.Render(color);
}

std::string InspectText(const Inspection& inspection,
                        const InspectArguments& arguments, bool color) {
  FactList facts;
  facts.Add("name", Printable(inspection.name));
  const std::string rate = FrameRateText(inspection.camera.frame_rate);
  facts.Add(
      "picture",
      absl::StrCat(inspection.camera.width, "x", inspection.camera.height,
                   rate.empty() ? "" : " ", rate, ", ", inspection.container));
  facts.Add("frames",
            absl::StrCat(
                FormatCount(static_cast<int64_t>(inspection.frames.size())),
                ", ", FormatCount(static_cast<int64_t>(inspection.gops.size())),
                " GOPs, ", FormatBytes(inspection.bytes)));
  facts.Add("side data", SideDataText(inspection));
  for (const auto& line : inspection.damage) {
    facts.Add("damage", Printable(line));
  }
  for (const auto& note : inspection.notes) facts.Add("note", Printable(note));
  if (!arguments.picture.empty()) facts.Add("wrote", arguments.picture);
  return facts.Render() + "\n" +
         (arguments.frames ? FramesText(inspection, color)
                           : GopsText(inspection, color));
}

absl::StatusOr<Inspection> Inspect(const Context& context,
                                   const InspectArguments& arguments) {
  FrameProgress progress("inspect", context.no_progress, context.color);
  std::error_code ignored;
  const bool is_file = std::filesystem::exists(arguments.what, ignored);
  if (is_file || context.store.empty()) {
    auto found = InspectFile(arguments.what, arguments.options,
                             progress.callback(), StopFlag());
    progress.Clear();
    return found;
  }
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  auto found = InspectStream(store->get(), arguments.what, arguments.options,
                             progress.callback(), StopFlag());
  progress.Clear();
  return found;
}

// The stream, where it is one of samples and no file has its name; null else.
absl::StatusOr<std::unique_ptr<Store>> OpenForSeries(
    const Context& context, const InspectArguments& arguments) {
  std::error_code ignored;
  if (context.store.empty() ||
      std::filesystem::exists(arguments.what, ignored)) {
    return nullptr;
  }
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto stream = (*store)->Describe(arguments.what);
  if (!stream.ok()) return stream.status();
  const StreamKind kind = stream->description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) return nullptr;
  return store;
}

absl::StatusOr<int> InspectSeries(const Context& context,
                                  const std::string& name, Store* store) {
  const auto stream = store->Describe(name);
  if (!stream.ok()) return stream.status();
  const auto account = AccountForSeries(store, name, TimeRange(), StopFlag());
  if (!account.ok()) return account.status();
  if (context.json) {
    WriteJson(SeriesAccountJson(*stream, *account));
  } else {
    WriteResult(SeriesAccountText(*stream, *account));
  }
  return account->stopped ? 128 + CaughtSignal() : kExitOk;
}

absl::StatusOr<int> RunInspect(const Context& context,
                               const InspectArguments& arguments) {
  CatchInterrupts();
  auto series = OpenForSeries(context, arguments);
  if (!series.ok()) return series.status();
  if (*series != nullptr) {
    return InspectSeries(context, arguments.what, series->get());
  }
  const auto inspection = Inspect(context, arguments);
  if (!inspection.ok()) return inspection.status();
  if (!arguments.picture.empty() && inspection->picture) {
    const auto png = DrawQps(*inspection);
    if (!png.ok()) return png.status();
    if (absl::Status s = WriteWholeFile(arguments.picture, *png); !s.ok()) {
      return s;
    }
  }
  if (context.json) {
    WriteJson(InspectJson(*inspection, arguments));
  } else {
    WriteResult(InspectText(*inspection, arguments,
                            DescribeTerminal(1, context.color).color));
  }
  if (inspection->stopped) return 128 + CaughtSignal();
  return inspection->damaged > 0 ? kExitLoss : kExitOk;
}

void SettleArguments(InspectArguments* arguments) {
  if (arguments->frame.has_value() != !arguments->picture.empty()) {
    throw CLI::ValidationError("--qp",
                               "--frame N and --qp FILE.png go together");
  }
  arguments->options.picture = arguments->frame;
}

}  // namespace

void AddInspect(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* verb = AddVerb(
      app, context, "inspect",
      "Tell GOPs, sizes, QPs and side data of H.264, or how samples are coded",
      StoreNeed::kOptional,
      [context, arguments] { return RunInspect(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("what", arguments->what,
                   "File, or stream of the store (a file of that name goes "
                   "first)")
      ->type_name("FILE|STREAM")
      ->required();
  verb->add_option("--frame", arguments->frame,
                   "Frame to draw, 0 is the first shown")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb->add_option("--qp", arguments->picture,
                   "Draw that frame beside the QPs of its macroblocks as read "
                   "from the bitstream (PNG); blocks without residual show "
                   "that of the block before")
      ->type_name("FILE");
  verb->add_flag("--frames", arguments->frames, "List frames, not GOPs");
  verb->add_option("--threads", arguments->options.threads, "Of the decoder")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
}

}  // namespace fovea::cli
