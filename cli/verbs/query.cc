// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea query 'person in box(0, 0, 50%, 100%)': when something was so.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/query_json.h"
#include "api/query_text.h"
#include "api/store.h"
#include "cli/interrupt.h"
#include "cli/query_argument.h"
#include "cli/query_report.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

constexpr int kExitNoMatch = 4;

struct QueryArguments {
  std::string text;
  RangeArguments range;
  std::string format = "table";
  uint64_t page = 1000;
  std::string cursor;
  std::string clips;  // folder
  std::string boxes;  // file
  bool explain = false;
  bool fail_empty = false;
  std::string print;
};

absl::StatusOr<Query> QueryOf(const QueryArguments& arguments) {
  auto query = ParseQueryArgument(arguments.text);
  if (!query.ok()) return query;
  if (arguments.range.from) query->from_ns = *arguments.range.from;
  if (arguments.range.to) query->to_ns = *arguments.range.to;
  return query;
}

// Files of labels number tracks below 2^63.
constexpr uint64_t kTrackOfFile = INT64_MAX;

AnnotationFormat BoxFormatOf(const std::string& path) {
  if (path.ends_with(".xml")) return AnnotationFormat::kCvat;
  if (path.ends_with(".csv")) return AnnotationFormat::kCsv;
  if (path.ends_with(".json")) return AnnotationFormat::kCoco;
  return AnnotationFormat::kYolo;
}

// Clips as files any player opens, one after the other.
absl::StatusOr<std::vector<std::string>> WriteClips(
    Store* store, const std::vector<QueryClip>& clips,
    const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(folder, ": cannot make the folder (", error.message(),
                     "); choose another with --clips"));
  }
  std::vector<std::string> paths;
  for (const QueryClip& clip : clips) {
    const std::string path = absl::StrCat(
        folder, "/", ClipName(clip), clip.frames.has_value() ? ".mp4" : ".csv");
    const auto report = store->Export(clip.stream, {clip.from_ns, clip.to_ns},
                                      /*original=*/false, path, StopFlag());
    if (!report.ok()) return report.status();
    paths.push_back(path);
  }
  return paths;
}

// Boxes of all clips in one file of labels. They must be of one stream: its
// frames' numbers are what the file goes by.
absl::Status WriteBoxes(Store* store, const Query& query,
                        const std::vector<QueryClip>& clips,
                        const std::string& path) {
  std::map<uint64_t, AnnotatedFrame> frames;
  for (const QueryClip& clip : clips) {
    if (clip.stream_id != clips.front().stream_id) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": clips of '", clips.front().stream, "' and '", clip.stream,
          "'; ask of one with 'among ", clip.stream, "'"));
    }
    const absl::Status read =
        store->QueryBoxes(query, clip, [&](const ClipBox& found) {
          AnnotatedFrame& frame = frames[found.index];
          frame.index = found.index;
          AnnotatedBox box;
          box.box = found.box;
          box.label = found.label;
          box.score = static_cast<float>(found.score);
          box.track = found.track & kTrackOfFile;
          frame.boxes.push_back(std::move(box));
          return true;
        });
    if (!read.ok()) return read;
  }
  if (clips.empty()) return absl::OkStatus();
  const auto stream = store->Describe(clips.front().stream);
  if (!stream.ok()) return stream.status();
  Annotations annotations;
  for (auto& [index, frame] : frames) {
    annotations.frames.push_back(std::move(frame));
  }
  const CameraInfo& camera = stream->description.camera;
  return WriteAnnotations(
      annotations, path,
      {BoxFormatOf(path), camera.width, camera.height, stream->end_index});
}

struct Found {
  std::string query;
  QueryAnswer answer;
  std::vector<std::string> paths;  // of --clips
};

void ReportJson(const Found& found, bool explain) {
  Json document = Document("query");
  document["query"] = found.query;
  document["clips"] = Json::array();
  for (size_t i = 0; i < found.answer.clips.size(); ++i) {
    Json clip = ClipJson(found.answer.clips[i]);
    if (i < found.paths.size()) clip["path"] = found.paths[i];
    document["clips"].push_back(std::move(clip));
  }
  document["next"] = found.answer.next;
  document["notes"] = found.answer.notes;
  if (explain) document["explain"] = ExplainJson(found.answer);
  WriteJson(document);
}

void ReportRows(const Context& context, const Found& found,
                const std::string& format) {
  const std::vector<QueryClip>& clips = found.answer.clips;
  if (format == "table") {
    if (clips.empty()) return;
    WriteResult(ClipTable(clips, DescribeTerminal(1, context.color).color));
    return;
  }
  if (format == "csv") WriteResult(ClipCsvHeader());
  for (const QueryClip& clip : clips) {
    WriteResult(format == "csv" ? ClipCsvRow(clip)
                                : JsonText(ClipJson(clip), -1) + "\n");
  }
}

void Report(const Context& context, const QueryArguments& arguments,
            const Found& found) {
  if (context.json) {
    ReportJson(found, arguments.explain);
    return;
  }
  ReportRows(context, found, arguments.format);
  for (const std::string& note : found.answer.notes) WriteMessage(note);
  if (arguments.explain) {
    WriteMessages(ExplainText(found.query, found.answer));
  }
  const auto count = static_cast<int64_t>(found.answer.clips.size());
  WriteMessage(count == 0 ? "no clip" : FormatCount(count, "clip"));
  for (const std::string& path : found.paths) WriteMessage("wrote " + path);
  if (!found.answer.next.empty()) {
    WriteMessage("there may be more: --cursor " + found.answer.next);
  }
}

absl::StatusOr<int> RunQuery(const Context& context,
                             const QueryArguments& arguments) {
  CatchInterrupts();
  const auto query = QueryOf(arguments);
  if (!query.ok()) return query.status();
  if (!arguments.print.empty()) {
    WriteResult((arguments.print == "json" ? QueryToJson(*query)
                                           : PrintQueryText(*query)) +
                "\n");
    return kExitOk;
  }
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  auto answer = (*store)->QueryPage(*query, {arguments.page, arguments.cursor,
                                             StopFlag(), arguments.explain});
  if (!answer.ok()) return answer.status();
  Found found = {PrintQueryText(*query), *std::move(answer), {}};
  if (!arguments.clips.empty()) {
    auto paths = WriteClips(store->get(), found.answer.clips, arguments.clips);
    if (!paths.ok()) return paths.status();
    found.paths = *std::move(paths);
  }
  if (!arguments.boxes.empty()) {
    if (auto s = WriteBoxes(store->get(), *query, found.answer.clips,
                            arguments.boxes);
        !s.ok()) {
      return s;
    }
  }
  Report(context, arguments, found);
  const bool fails = arguments.fail_empty && found.answer.clips.empty();
  return fails ? kExitNoMatch : kExitOk;
}

}  // namespace

void AddQuery(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<QueryArguments>();
  CLI::App* verb = AddVerb(
      app, context, "query", "Find when something was so", StoreNeed::kOptional,
      [context, arguments] { return RunQuery(*context, *arguments); });
  verb->add_option("query", arguments->text,
                   "Such as 'person in box(0, 0, 50%, 100%) for 2s among "
                   "front order by latest limit 10', or JSON; docs/QUERY.md")
      ->type_name("QUERY")
      ->required();
  AddRangeOptions(verb, &arguments->range);
  verb->add_option("--format", arguments->format, "table, ndjson or csv")
      ->check(CLI::IsMember({"table", "ndjson", "csv"}))
      ->capture_default_str();
  verb->add_option("--page", arguments->page, "Clips told at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb->add_option("--cursor", arguments->cursor,
                   "Where the page before ended, as it told");
  verb->add_option("--clips", arguments->clips,
                   "Cut each clip out, whole GOPs, into this folder: MP4 of "
                   "cameras, CSV of imu and series")
      ->type_name("DIR");
  verb->add_option("--boxes", arguments->boxes,
                   "Write the boxes found, frame by frame: COCO as .json, "
                   "CVAT as .xml, .csv, else a folder of YOLO's")
      ->type_name("FILE");
  verb->add_flag("--explain", arguments->explain, "Tell what it took");
  verb->add_flag("--fail-empty", arguments->fail_empty,
                 "Exit with 4 where there is no clip");
  verb->add_option("--print", arguments->print,
                   "Ask nothing: print the query as text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

}  // namespace fovea::cli
