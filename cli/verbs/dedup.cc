// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea dedup: what two cameras see is kept once. Plans, applies, tells.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/model_folder.h"
#include "api/overlap_job.h"
#include "api/time_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct DedupArguments {
  OverlapOptions options;
  bool plan = false, apply = false, status = false;
  std::vector<std::string> models;
  std::string model_folder = DefaultModelFolder();
};

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

// --- plan -----------------------------------------------------------------

Json SampleJson(const OverlapTrial& sample) {
  Json json = {{"first_bytes", sample.first_bytes},
               {"bytes_before", sample.bytes_before},
               {"bytes_after", sample.bytes_after},
               {"saving", sample.Saving()},
               {"loss", sample.Loss()},
               {"psnr_kept", sample.PsnrKept()},
               {"psnr_overlap", sample.PsnrOverlap()},
               {"models", Json::array()}};
  for (const Agreement& model : sample.agreements) {
    json["models"].push_back({{"found", model.found},
                              {"missed", model.missed},
                              {"extra", model.extra},
                              {"f1", model.F1()},
                              {"soft_distance", model.Soft()}});
  }
  return json;
}

Json PairJson(const OverlapPairPlan& pair) {
  const PairFinding& finding = pair.finding;
  Json json = {{"first", pair.first},
               {"second", pair.second},
               {"verified", finding.verified},
               {"admitted", pair.admitted},
               {"why_not", pair.why_not},
               {"looks", finding.looks},
               {"agreeing_looks", finding.agreeing},
               {"inliers", finding.inliers},
               {"inlier_share", finding.inlier_share},
               {"drift_px", finding.drift_px},
               {"motion_correlation", finding.motion_correlation}};
  if (!finding.verified) return json;
  json["homography"] = finding.first_to_second.m;
  json["overlap"] = finding.mask.share();
  json["second_bytes"] = pair.second_bytes;
  if (pair.sample.bytes_before == 0) return json;
  json["qp_offset"] = pair.qp_offset;
  json["sample"] = SampleJson(pair.sample);
  json["expected_saving_bytes"] = pair.expected_saving;
  return json;
}

Json PlanJson(const OverlapPlan& plan) {
  Json document = Document("dedup");
  document["cameras"] = plan.cameras;
  document["candidates"] = plan.candidates;
  document["pairs"] = Json::array();
  for (const OverlapPairPlan& pair : plan.pairs) {
    document["pairs"].push_back(PairJson(pair));
  }
  return document;
}

std::string PlanText(const OverlapPlan& plan, bool color) {
  Table table({{"KEEPS"},
               {"IS REDUCED"},
               {"OVERLAP", Align::kRight},
               {"QP", Align::kRight},
               {"BOTH SAVE", Align::kRight},
               {"MODELS LOSE", Align::kRight},
               {"WOULD SAVE", Align::kRight},
               {"VERDICT"}});
  int verified = 0;
  for (const OverlapPairPlan& pair : plan.pairs) {
    if (!pair.finding.verified) continue;
    ++verified;
    const bool tried = pair.sample.bytes_before > 0;
    table.Add({pair.first, pair.second, Percent(pair.finding.mask.share()),
               tried ? absl::StrCat("+", pair.qp_offset) : "",
               tried ? Percent(pair.sample.Saving()) : "",
               !tried                           ? ""
               : pair.sample.agreements.empty() ? "not asked"
                                                : Percent(pair.sample.Loss()),
               pair.admitted ? FormatBytes(pair.expected_saving) : "",
               pair.admitted ? "would be applied" : "no: " + pair.why_not});
  }
  std::string text = absl::StrCat(
      FormatCount(static_cast<int64_t>(plan.cameras), "camera"), ", ",
      FormatCount(static_cast<int64_t>(plan.candidates), "pair"),
      " looked at, ", verified, " of one scene\n");
  if (verified > 0) text += table.Render(color);
  return text;
}

// --- apply, status --------------------------------------------------------

Json AppliedJson(const OverlapApplied& stream) {
  return {{"stream", stream.second},
          {"overlap_with", stream.first},
          {"gops_reduced", stream.gops_reduced},
          {"gops_kept", stream.gops_kept},
          {"bytes_before", stream.bytes_before},
          {"bytes_after", stream.bytes_after},
          {"done", stream.done}};
}

std::string AppliedText(const std::vector<OverlapApplied>& streams,
                        bool color) {
  if (streams.empty()) return "no stream is reduced\n";
  Table table({{"STREAM"},
               {"OVERLAP WITH"},
               {"GOPS REDUCED", Align::kRight},
               {"KEPT", Align::kRight},
               {"BEFORE", Align::kRight},
               {"AFTER", Align::kRight},
               {"STATE"}});
  for (const OverlapApplied& stream : streams) {
    table.Add({stream.second, stream.first, FormatCount(stream.gops_reduced),
               FormatCount(stream.gops_kept),
               FormatBytes(static_cast<uint64_t>(stream.bytes_before)),
               FormatBytes(static_cast<uint64_t>(stream.bytes_after)),
               stream.done ? "done" : "under way: --apply goes on"});
  }
  return table.Render(color);
}

Json StreamsJson(const std::vector<OverlapApplied>& streams) {
  Json document = Document("dedup");
  document["streams"] = Json::array();
  for (const OverlapApplied& stream : streams) {
    document["streams"].push_back(AppliedJson(stream));
  }
  return document;
}

absl::StatusOr<int> RunStatus(const Context& context) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto streams = OverlapStatus(store->get());
  if (!streams.ok()) return streams.status();
  if (context.json) {
    WriteJson(StreamsJson(*streams));
  } else {
    WriteResult(
        AppliedText(*streams, DescribeTerminal(1, context.color).color));
  }
  return kExitOk;
}

absl::StatusOr<int> RunPlan(const Context& context,
                            const OverlapOptions& options) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  FrameProgress progress("dedup", context.no_progress, context.color, "steps");
  const auto plan =
      PlanOverlap(store->get(), options, progress.callback(), StopFlag());
  progress.Clear();
  if (!plan.ok()) return plan.status();
  if (context.json) {
    WriteJson(PlanJson(*plan));
  } else {
    WriteResult(PlanText(*plan, DescribeTerminal(1, context.color).color));
  }
  return kExitOk;
}

absl::StatusOr<int> RunApply(const Context& context,
                             const OverlapOptions& options) {
  auto store = OpenStore(context, StoreMode::kWrite);
  if (!store.ok()) return store.status();
  FrameProgress progress("dedup", context.no_progress, context.color, "steps");
  const auto report =
      ApplyOverlap(store->get(), options, progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = StreamsJson(report->streams);
    document["bytes_freed"] = report->prune.bytes_freed;
    document["stopped"] = report->stopped;
    WriteJson(document);
  } else {
    WriteResult(absl::StrCat(
        AppliedText(report->streams, DescribeTerminal(1, context.color).color),
        report->stopped ? ""
                        : FormatBytes(report->prune.bytes_freed) + " freed\n"));
  }
  if (!report->stopped) return kExitOk;
  WriteMessage("stopped; 'fovea dedup --apply' goes on");
  return CaughtSignal() != 0 ? 128 + CaughtSignal() : kExitFailed;
}

absl::StatusOr<int> RunDedup(const Context& context,
                             const DedupArguments& arguments) {
  if (arguments.status) return RunStatus(context);
  CatchInterrupts();
  const auto models = OpenLookingModels(
      arguments.models, arguments.model_folder, NetworkOptions());
  if (!models.ok()) return models.status();
  OverlapOptions options = arguments.options;
  for (const auto& model : models->networks) {
    options.models.push_back(model.get());
  }
  for (const auto& model : models->programs) {
    options.external_models.push_back(model.get());
  }
  if (options.models.empty() && options.external_models.empty()) {
    WriteMessage(
        "no --model: bytes and picture quality alone decide, nothing asks "
        "what a model still sees");
  }
  return arguments.apply ? RunApply(context, options)
                         : RunPlan(context, options);
}

void CheckArguments(const DedupArguments& arguments) {
  if (arguments.plan + arguments.apply + arguments.status != 1) {
    throw CLI::ValidationError("--plan",
                               "expected one of --plan, --apply and --status");
  }
  if (arguments.options.streams.size() == 1) {
    throw CLI::ValidationError("stream", "one camera alone overlaps nothing");
  }
}

}  // namespace

void AddDedup(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<DedupArguments>();
  OverlapOptions& options = arguments->options;
  CLI::App* verb = AddVerb(
      app, context, "dedup", "Keep what two cameras see once",
      StoreNeed::kRequired,
      [context, arguments] { return RunDedup(*context, *arguments); },
      [arguments] { CheckArguments(*arguments); });
  verb->add_option("stream", options.streams,
                   "Cameras to compare (default: all)")
      ->type_name("STREAM");
  verb->add_flag("--plan", arguments->plan,
                 "Find pairs and tell what they would save");
  verb->add_flag("--apply", arguments->apply,
                 "Code the second camera of each pair again, coarse where the "
                 "first one looks; goes on after an interrupt");
  verb->add_flag("--status", arguments->status, "Tell what has been applied");
  verb->add_option("--model", arguments->models,
                   "Model whose answers on both cameras must stay. Again for "
                   "each further model")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  verb->add_option("--models", arguments->model_folder,
                   "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--min-saving", options.admission.min_saving,
                   "Least share of both cameras' bytes that must go")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--max-loss", options.admission.max_loss,
                   "Most share of a model's boxes over both cameras that may "
                   "change (1 - F1)")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--look-every", options.look_every,
                   "Frames between two looks of the models")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace fovea::cli
