// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/window_run.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/model_folder.h"
#include "api/run_windows.h"
#include "api/sensor_tree_file.h"
#include "api/window_model.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/report_json.h"
#include "cli/reuse_text.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

constexpr double kNsPerSecond = 1e9;

Json LabelsJson(const RunWindowsReport& run) {
  Json labels = Json::object();
  for (const auto& [label, told] : run.labels) {
    labels[label] = {{"spans", told.spans},
                     {"time_ns", NanosecondsJson(told.time_ns)}};
  }
  return labels;
}

Json ModelJson(const RunWindowsReport& run) {
  Json json = {{"name", run.model.name},
               {"digest", DigestText(run.model.digest)},
               {"window", run.window},
               {"hop", run.hop},
               {"rate_hz", run.rate_hz},
               {"samples", run.counts.rows},
               {"samples_passed_over", run.counts.passed_over},
               {"stretches", run.counts.stretches},
               {"windows", run.counts.windows},
               {"windows_repeated", run.repeated},
               {"inferences", run.inferences},
               {"reused", run.looked_at},
               {"replaced", run.replaced},
               {"observations", run.observations},
               {"labels", LabelsJson(run)}};
  if (run.reuse) json["reuse"] = ReuseJson(*run.reuse);
  if (!run.error.ok()) {
    json["error"] = std::string(run.error.message());
    json["failed_index"] = run.failed_index;
  }
  return json;
}

std::string WindowsText(const RunWindowsReport& run) {
  return absl::StrFormat("%s of %.4g s, every %.4g s",
                         FormatCount(run.counts.windows, "window"),
                         run.window / run.rate_hz, run.hop / run.rate_hz);
}

std::string RunText(const RunWindowsReport& run,
                    const WindowRunArguments& arguments, bool color) {
  FactList facts;
  facts.Add("model", Printable(run.model.name));
  facts.Add("windows", WindowsText(run));
  facts.Add("inferences",
            absl::StrCat(FormatCount(run.inferences),
                         arguments.dry_run ? " to run, " : " run, ",
                         FormatCount(run.looked_at), " reused"));
  if (run.repeated > 0) {
    facts.Add("passed over",
              FormatCount(run.repeated, "window") +
                  " that begin at the sample of another; a longer --hop "
                  "avoids them");
  }
  std::string text = facts.Render();
  if (arguments.dry_run) return text;
  Table table(
      {{"LABEL"}, {"SPANS", Align::kRight}, {"SECONDS", Align::kRight}});
  for (const auto& [label, told] : run.labels) {
    table.Add({Printable(label), FormatCount(told.spans),
               absl::StrFormat(
                   "%.1f", static_cast<double>(told.time_ns) / kNsPerSecond)});
  }
  absl::StrAppend(&text, "\n", table.Render(color));
  if (run.reuse) {
    absl::StrAppend(&text, "\n",
                    ReuseText(*run.reuse, arguments.reuse.offline, "window"));
  }
  return text;
}

// Of windows the loss is that of labels, and a filter a tree.
absl::StatusOr<std::optional<WindowReuseOptions>> ReuseOf(
    const WindowRunArguments& arguments) {
  ReuseArguments asked = arguments.reuse;
  if (asked.loss == "boxes") {
    return absl::InvalidArgumentError(
        "--loss boxes: windows of a series have none; leave it out");
  }
  asked.loss = AnswerLossName(AnswerLoss::kLabels);
  const std::string filter = std::exchange(asked.filter, "");
  WindowReuseOptions options;
  if (!asked.blind_ns) asked.blind_ns = options.reuse.blind_ns;
  const auto reuse = ReuseOptionsOf(asked);
  if (!reuse.ok()) return reuse.status();
  if (!reuse->has_value()) return std::nullopt;
  options.reuse = **reuse;
  if (!filter.empty()) {
    auto tree = ReadSensorTree(filter);
    if (!tree.ok()) return tree.status();
    options.tree = std::make_shared<const SensorTree>(*std::move(tree));
  }
  return options;
}

class WindowVerb {
 public:
  WindowVerb(const Context& context, const WindowRunArguments& arguments,
             Store* store)
      : context_(context), arguments_(arguments), store_(store) {}

  absl::StatusOr<int> Run() {
    auto reuse = ReuseOf(arguments_);
    if (!reuse.ok()) return reuse.status();
    reuse_ = *std::move(reuse);
    Json models = Json::array();
    std::string text;
    for (const std::string& spec : arguments_.models) {
      const auto run = RunOne(spec);
      if (!run.ok() && arguments_.models.size() == 1) return run.status();
      if (!run.ok()) {
        models.push_back(Failed(spec, run.status()));
        continue;
      }
      if (context_.json) {
        models.push_back(ModelJson(*run));
      } else {
        const bool color = DescribeTerminal(1, context_.color).color;
        absl::StrAppend(&text, text.empty() ? "" : "\n",
                        RunText(*run, arguments_, color));
      }
      lossy_ = lossy_ || !run->error.ok();
      stopped_ = run->stopped;
      if (!run->error.ok()) errors_.push_back(*run);
      if (stopped_) break;
    }
    Report(std::move(models), text);
    if (stopped_) return 128 + CaughtSignal();
    if (failed_) return kExitFailed;
    return lossy_ ? kExitLoss : kExitOk;
  }

 private:
  // One of several that fails does not keep the others from being run.
  Json Failed(const std::string& spec, const absl::Status& error) {
    failed_ = true;
    WriteMessage(ErrorLine(error, "run"));
    return {{"name", spec}, {"error", std::string(error.message())}};
  }

  absl::StatusOr<RunWindowsReport> RunOne(const std::string& spec) {
    auto files = ReadModel(spec, arguments_.folder);
    if (files.ok() && arguments_.window > 0) {
      files = WithWindow(*std::move(files), arguments_.window);
    }
    if (!files.ok()) return files.status();
    RunWindowsOptions options;
    options.hop = arguments_.hop;
    options.range = arguments_.range.range();
    options.reuse = reuse_;
    options.again = arguments_.again;
    options.dry_run = arguments_.dry_run;
    std::unique_ptr<WindowModel> model;
    const ModelDescription description = DescriptionOf(*files);
    if (arguments_.reuse.offline || arguments_.dry_run) {
      options.absent = &description;
    } else {
      auto opened = WindowModel::Open(*files, arguments_.network);
      if (!opened.ok()) return opened.status();
      model = *std::move(opened);
      options.model = model.get();
    }
    FrameProgress progress("run", context_.no_progress, context_.color,
                           "windows");
    auto run = RunWindows(store_, arguments_.stream, options,
                          progress.callback(), StopFlag());
    progress.Clear();
    return run;
  }

  void Report(Json models, const std::string& text) {
    if (context_.json) {
      Json document = Document("run");
      document["stream"] = arguments_.stream;
      document["dry_run"] = arguments_.dry_run;
      document["stopped"] = stopped_;
      document["models"] = std::move(models);
      WriteJson(document);
    } else {
      WriteResult(text);
    }
    for (const RunWindowsReport& run : errors_) {
      WriteMessage(ErrorLine(
          WithNextStep(
              run.error,
              absl::StrCat("what it told before sample ", run.failed_index,
                           " is stored; run it again to go on")),
          "run"));
    }
    if (stopped_) {
      WriteMessage(
          "stopped; what was told so far is stored, the same command goes on");
    }
  }

  const Context& context_;
  const WindowRunArguments& arguments_;
  Store* const store_;
  std::optional<WindowReuseOptions> reuse_;
  std::vector<RunWindowsReport> errors_;
  bool lossy_ = false, failed_ = false, stopped_ = false;
};

}  // namespace

absl::StatusOr<int> RunOverWindows(const Context& context,
                                   const WindowRunArguments& arguments,
                                   Store* store) {
  return WindowVerb(context, arguments, store).Run();
}

}  // namespace fovea::cli
