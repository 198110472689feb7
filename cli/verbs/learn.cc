// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea learn filter STREAM --model M -o FILE: how long a model's answers
// about a camera hold.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/learn_filter.h"
#include "api/model_folder.h"
#include "api/whole_file.h"
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
  return document;
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
  facts.Add("file", absl::StrCat(arguments.output,
                                 learnt.learnt
                                     ? ""
                                     : " (as it comes: learning was no better "
                                       "on this camera)"));
  return facts.Render();
}

absl::StatusOr<int> RunLearn(const Context& context, LearnArguments arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
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
      "learn", "Learn from stored footage what saves runs of models");
  group->require_subcommand(1);
  auto arguments = std::make_shared<LearnArguments>();
  CLI::App* verb = AddVerb(
      group, context, "filter",
      "How long a model's answers about a camera hold: runs it on every frame, "
      "writes weights for --filter of ingest and run",
      StoreNeed::kRequired,
      [context, arguments] { return RunLearn(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Camera stream")
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
                   "Learn from so many frames at most")
      ->check(CLI::Range(100, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--seed", arguments->options.seed, "Of the order of lessons")
      ->capture_default_str();
  AddRangeOptions(verb, &arguments->range);
}

}  // namespace fovea::cli
