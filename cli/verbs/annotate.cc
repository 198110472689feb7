// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea annotate STREAM --from FILE: boxes from a file become observations.

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct AnnotateArguments {
  std::string stream;
  std::string path;
  std::string format = "auto";
  AnnotateOptions options;
};

Json CountsByName(const std::map<std::string, int64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json ReportJson(const AnnotateArguments& arguments,
                const AnnotateReport& report) {
  Json document = Document("annotate");
  document["stream"] = arguments.stream;
  document["path"] = arguments.path;
  document["frames"] = report.frames;
  document["boxes"] = report.boxes;
  document["observations"] = report.observations;
  document["replaced"] = report.replaced;
  document["labels"] = CountsByName(report.labels);
  document["made_boxes"] = CountsByName(report.made_boxes);
  document["passed_over"] = CountsByName(report.passed_over);
  return document;
}

void ReportText(const AnnotateArguments& arguments,
                const AnnotateReport& report) {
  FactList facts;
  facts.Add("stream", arguments.stream);
  facts.Add("read", absl::StrCat(FormatCount(report.boxes), " boxes in ",
                                 FormatCount(report.frames, "frame")));
  facts.Add("put", FormatCount(report.observations, "observation"));
  for (const auto& [label, count] : report.labels) {
    facts.Add("  " + label, FormatCount(count));
  }
  if (report.replaced > 0) {
    facts.Add("replaced", FormatCount(report.replaced, "observation"));
  }
  WriteResult(facts.Render());
  for (const auto& [kind, count] : report.made_boxes) {
    WriteMessage(absl::StrCat(FormatCount(count), " ", kind,
                              ": kept as their bounding boxes"));
  }
  for (const auto& [kind, count] : report.passed_over) {
    WriteMessage(absl::StrCat(FormatCount(count), " ", kind, ": left out"));
  }
}

absl::StatusOr<int> RunAnnotate(const Context& context,
                                const AnnotateArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kWrite);
  if (!store.ok()) return store.status();
  AnnotateOptions options = arguments.options;
  options.file.format =
      AnnotationFormatOf(arguments.format).value_or(AnnotationFormat::kDetect);
  const auto report =
      (*store)->Annotate(arguments.stream, arguments.path, options, StopFlag());
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ReportJson(arguments, *report));
  } else {
    ReportText(arguments, *report);
  }
  return report->passed_over.empty() ? kExitOk : kExitLoss;
}

}  // namespace

void AddAnnotate(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<AnnotateArguments>();
  CLI::App* verb = AddVerb(
      app, context, "annotate", "Take boxes from a file as observations",
      StoreNeed::kRequired,
      [context, arguments] { return RunAnnotate(*context, *arguments); });
  AnnotateOptions& options = arguments->options;
  verb->add_option("stream", arguments->stream, "Name of a camera stream")
      ->type_name("STREAM")
      ->required();
  verb->add_option("--from", arguments->path,
                   "COCO JSON, CVAT XML, CSV, or a folder of YOLO's; "
                   "docs/ANNOTATIONS.md")
      ->type_name("FILE")
      ->required();
  verb->add_option("--format", arguments->format,
                   "coco, yolo, cvat, csv, or auto: by what is in it")
      ->check(CLI::IsMember({"auto", "coco", "yolo", "cvat", "csv"}))
      ->capture_default_str();
  verb->add_option("--names", options.file.names_file,
                   "YOLO: names of the classes, one a line or a data.yaml")
      ->type_name("FILE");
  verb->add_option("--first-number", options.file.first_number,
                   "What pictures named by number are counted from")
      ->capture_default_str();
  verb->add_option("--video", options.file.video,
                   "COCO of several videos: the video_id to read");
  verb->add_option("--by", options.by, "Whose word it is")
      ->capture_default_str();
  verb->add_flag("--replace", options.replace,
                 "Take out first what the same one said of the stream before");
}

}  // namespace fovea::cli
