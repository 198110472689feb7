// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/run_text.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "api/query_text.h"
#include "cli/model_text.h"
#include "cli/motion_text.h"
#include "cli/reuse_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

constexpr size_t kLabelsShown = 8;

Json ModelRunJson(const ModelRun& run) {
  Json json = {{"name", run.model.name},
               {"digest", DigestText(run.model.digest)},
               {"inferences", run.inferences},
               {"reused", run.reused},
               {"copied", run.copied},
               {"replaced", run.replaced},
               {"observations", run.observations},
               {"tracks", run.tracks},
               {"labels", Json::object()}};
  for (const auto& [label, tracks] : run.labels) json["labels"][label] = tracks;
  if (run.reuse) json["reuse"] = ReuseJson(*run.reuse);
  if (!run.error.ok()) {
    json["error"] = std::string(run.error.message());
    json["failed_index"] = run.failed_index;
  }
  return json;
}

std::string LabelsText(const ModelRun& run) {
  std::string text;
  size_t shown = 0;
  for (const auto& [label, tracks] : run.labels) {
    if (shown++ == kLabelsShown) {
      absl::StrAppend(&text, ", ", run.labels.size() - kLabelsShown, " more");
      break;
    }
    absl::StrAppend(&text, text.empty() ? "" : ", ", Printable(label), " ",
                    FormatCount(tracks));
  }
  return text;
}

// What the run was kept to.
void AddKeptTo(const RunOptions& options, const RunReport& report,
               FactList* facts) {
  if (!options.only && !options.moving) return;
  facts->Add("passed over", FormatCount(report.frames_passed_over, "frame") +
                                ", no model run");
  if (options.only) {
    facts->Add("only", Printable(PrintQueryText(*options.only)));
  }
  if (options.moving) facts->Add("moving", MotionSourcesText(report.motion));
}

}  // namespace

void AddRunReport(const RunOptions& options, const std::string& stream,
                  const RunReport& report, Json* json) {
  Json& document = *json;
  document["stream"] = stream;
  document["every"] = options.every;
  document["dry_run"] = options.dry_run;
  document["frames"] = report.frames;
  document["frames_decoded"] = report.frames_decoded;
  document["frames_passed_over"] = report.frames_passed_over;
  document["only"] = nullptr;
  if (options.only) document["only"] = PrintQueryText(*options.only);
  document["moving"] = nullptr;
  if (options.moving) document["moving"] = MotionSourcesJson(report.motion);
  document["notes"] = report.notes;
  document["stopped"] = report.stopped;
  document["models"] = Json::array();
  for (const ModelRun& run : report.models) {
    document["models"].push_back(ModelRunJson(run));
  }
  document["gops_unread"] = report.gops_unread;
  document["unread"] = Json::array();
  for (const RunReport::Unread& gop : report.unread) {
    document["unread"].push_back({{"first_index", gop.first_index},
                                  {"error", std::string(gop.error.message())}});
  }
}

std::string RunText(const RunOptions& options, const RunReport& report,
                    bool color) {
  FactList facts;
  facts.Add("frames",
            absl::StrCat(FormatCount(report.frames), ", ",
                         FormatCount(report.frames_decoded), " decoded"));
  AddKeptTo(options, report, &facts);
  for (const ModelRun& run : report.models) {
    facts.Add(Printable(run.model.name),
              absl::StrCat("inferences ", FormatCount(run.inferences),
                           options.dry_run ? " to run, " : " run, ",
                           FormatCount(run.reused), " reused, ",
                           FormatCount(run.copied), " copied"));
  }
  if (options.dry_run) return facts.Render();
  Table table({{"MODEL"},
               {"OBSERVATIONS", Align::kRight},
               {"TRACKS", Align::kRight},
               {"REPLACED", Align::kRight},
               {"LABELS"}});
  for (const ModelRun& run : report.models) {
    table.Add({Printable(run.model.name), FormatCount(run.observations),
               FormatCount(run.tracks), FormatCount(run.replaced),
               LabelsText(run)});
  }
  std::string text = facts.Render() + "\n" + table.Render(color);
  for (const ModelRun& run : report.models) {
    if (!run.reuse) continue;
    const bool offline = options.reuse && options.reuse->offline;
    absl::StrAppend(&text, "\n", ReuseText(*run.reuse, offline));
  }
  return text;
}

}  // namespace fovea::cli
