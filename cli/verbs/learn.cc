// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea learn filter STREAM --model M -o FILE: how long a model's answers
// about a camera or a sensor hold.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/learn_filter.h"
#include "api/learn_windows.h"
#include "api/model_folder.h"
#include "api/sensor_tree_file.h"
#include "api/whole_file.h"
#include "api/window_model.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct LearnArguments {
  std::string stream, model, output;
  std::string folder = DefaultModelFolder();
  std::string loss = "counts";
  LearnFilterOptions options;
  int hop = 0;  // of imu and series streams
  RangeArguments range;
};

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

Json LearntJson(const LearnArguments& arguments, const LearntFilter& learnt) {
  Json document = Document("learn");
  document["stream"] = arguments.stream;
  document["loss"] = arguments.loss;
  document["file"] = arguments.output;
  document["frames"] = learnt.frames;
  document["frames_held_out"] = learnt.frames_held_out;
  document["avoided_before"] = learnt.avoided_before;
  document["avoided_after"] = learnt.avoided_after;
  document["learnt"] = learnt.learnt;
  document["heads"] = Json::array();
  for (const HeadTrial& trial : learnt.heads) {
    document["heads"].push_back({{"name", FilterHeadName(trial.head)},
                                 {"kept", trial.kept},
                                 {"avoided_without", trial.before},
                                 {"avoided_with", trial.after}});
  }
  return document;
}

std::string HeadText(const HeadTrial& trial) {
  return absl::StrCat(Percent(trial.after), " with it, ", Percent(trial.before),
                      " without: ", trial.kept ? "kept" : "left off");
}

std::string LearntText(const LearnArguments& arguments,
                       const LearntFilter& learnt) {
  FactList facts;
  facts.Add("frames",
            absl::StrCat(FormatCount(learnt.frames), ", the last ",
                         FormatCount(learnt.frames_held_out), " held out"));
  facts.Add("avoided at 95 %",
            absl::StrCat(Percent(learnt.avoided_after), " of those; ",
                         Percent(learnt.avoided_before),
                         " by the filter as it comes"));
  for (const HeadTrial& trial : learnt.heads) {
    facts.Add(FilterHeadName(trial.head), HeadText(trial));
  }
  facts.Add("file", absl::StrCat(arguments.output,
                                 learnt.learnt
                                     ? ""
                                     : " (as it comes: learning was no better "
                                       "on this camera)"));
  return facts.Render();
}

Json LearntJson(const LearnArguments& arguments, const LearntTree& learnt) {
  Json document = Document("learn");
  document["stream"] = arguments.stream;
  document["file"] = nullptr;
  if (learnt.tree) document["file"] = arguments.output;
  document["windows"] = learnt.windows;
  document["windows_held_out"] = learnt.windows_held_out;
  document["classes"] = learnt.classes;
  document["avoided_before"] = learnt.avoided_before;
  document["avoided_after"] = learnt.avoided_after;
  document["learnt"] = learnt.tree.has_value();
  return document;
}

std::string LearntText(const LearnArguments& arguments,
                       const LearntTree& learnt) {
  FactList facts;
  facts.Add("windows",
            absl::StrCat(FormatCount(learnt.windows), ", the last ",
                         FormatCount(learnt.windows_held_out), " held out"));
  facts.Add("avoided at 95 %",
            absl::StrCat(Percent(learnt.avoided_after), " of those; ",
                         Percent(learnt.avoided_before), " without a filter"));
  facts.Add("file", learnt.tree ? arguments.output
                                : "none: run is as good without a filter");
  return facts.Render();
}

// Of windows, or of frames.
absl::Status CheckKind(const LearnArguments& arguments, bool windows) {
  if (windows && arguments.loss == "boxes") {
    return absl::InvalidArgumentError(
        "--loss boxes: windows of a series have none; leave it out");
  }
  if (windows || arguments.hop == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("stream '", arguments.stream,
                   "' is no imu or series stream: --hop is of those; leave it "
                   "out"));
}

absl::StatusOr<int> LearnOfWindows(const Context& context,
                                   const LearnArguments& arguments,
                                   Store* store) {
  const auto files = ReadModel(arguments.model, arguments.folder);
  if (!files.ok()) return files.status();
  const auto model = WindowModel::Open(*files, NetworkOptions());
  if (!model.ok()) return model.status();
  LearnWindowsOptions options;
  options.model = model->get();
  options.hop = arguments.hop;
  options.range = arguments.range.range();
  options.most_windows = arguments.options.most_frames;
  options.seed = arguments.options.seed;
  FrameProgress progress("learn", context.no_progress, context.color,
                         "windows");
  const auto learnt = LearnWindows(store, arguments.stream, options,
                                   progress.callback(), StopFlag());
  progress.Clear();
  if (!learnt.ok()) return learnt.status();
  if (learnt->tree) {
    absl::Status s = WriteSensorTree(arguments.output, *learnt->tree);
    if (!s.ok()) return s;
  }
  if (context.json) {
    WriteJson(LearntJson(arguments, *learnt));
  } else {
    WriteResult(LearntText(arguments, *learnt));
  }
  return kExitOk;
}

absl::StatusOr<int> RunLearn(const Context& context, LearnArguments arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto stream = (*store)->Describe(arguments.stream);
  if (!stream.ok()) return stream.status();
  const StreamKind kind = stream->description.kind;
  const bool windows = kind == StreamKind::kImu || kind == StreamKind::kSeries;
  if (absl::Status s = CheckKind(arguments, windows); !s.ok()) return s;
  if (windows) return LearnOfWindows(context, arguments, store->get());
  const auto model =
      OpenModel(arguments.model, arguments.folder, NetworkOptions());
  if (!model.ok()) return model.status();
  arguments.options.model = model->get();
  arguments.options.loss =
      ParseAnswerLoss(arguments.loss).value_or(AnswerLoss::kCounts);
  arguments.options.range = arguments.range.range();
  FrameProgress progress("learn", context.no_progress, context.color);
  const auto learnt =
      LearnFilter(store->get(), arguments.stream, arguments.options,
                  progress.callback(), StopFlag());
  progress.Clear();
  if (!learnt.ok()) return learnt.status();
  const absl::Status written =
      WriteWholeFile(arguments.output, learnt->predictor.Text());
  if (!written.ok()) return written;
  if (context.json) {
    WriteJson(LearntJson(arguments, *learnt));
  } else {
    WriteResult(LearntText(arguments, *learnt));
  }
  return kExitOk;
}

}  // namespace

void AddLearn(CLI::App* app, Context* context) {
  CLI::App* group = app->add_subcommand(
      "learn",
      "Learn from footage what saves runs of models, from samples what saves "
      "space, or from labelled recordings a model");
  group->require_subcommand(1);
  auto arguments = std::make_shared<LearnArguments>();
  CLI::App* verb = AddVerb(
      group, context, "filter",
      "How long a model's answers about a camera hold, or about an imu or "
      "series: runs it on every frame or window, writes a file for --filter of "
      "ingest and run",
      StoreNeed::kRequired,
      [context, arguments] { return RunLearn(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Camera, imu or series stream")
      ->type_name("STREAM")
      ->required();
  verb->add_option("--model", arguments->model,
                   "Name of an added model, model.yaml, or a folder with one")
      ->type_name("MODEL")
      ->required();
  verb->add_option("-o,--output", arguments->output, "File to write")
      ->type_name("FILE")
      ->required();
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--loss", arguments->loss,
                   "What makes an answer another one: other labels, other "
                   "counts of them, or boxes of an F1 below 0.9")
      ->check(CLI::IsMember({"labels", "counts", "boxes"}))
      ->capture_default_str();
  verb->add_option("--most-frames", arguments->options.most_frames,
                   "Learn from so many frames or windows at most")
      ->check(CLI::Range(100, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--seed", arguments->options.seed, "Of the order of lessons")
      ->capture_default_str();
  verb->add_option("--hop", arguments->hop,
                   "Of an imu or series: a window every so many samples, in "
                   "place of the card's, or half a window")
      ->check(CLI::Range(1, 65536))
      ->type_name("N");
  AddRangeOptions(verb, &arguments->range);
  AddLearnImuProfile(group, context);
  AddLearnClassifier(group, context);
}

}  // namespace fovea::cli
