// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea sample DIR: a generated scene with its truth, to try things on.

#include <cstdio>
#include <memory>
#include <string>

#include "api/scene.h"
#include "api/time_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct SampleArguments {
  std::string folder;
  SceneOptions scene;
  std::string size;
  std::optional<int64_t> length_ns;
};

// "1280x720".
void ParseSize(const std::string& text, SceneOptions* scene) {
  char after = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%c", &scene->width, &scene->height,
                  &after) != 2) {
    throw CLI::ValidationError(
        "--size", "'" + text + "' is not a size; expected such as 1280x720");
  }
}

void SettleArguments(SampleArguments* arguments) {
  if (!arguments->size.empty()) ParseSize(arguments->size, &arguments->scene);
  if (arguments->length_ns) {
    arguments->scene.seconds =
        static_cast<double>(*arguments->length_ns) * 1e-9;
  }
}

Json SampleJson(const SceneFiles& files) {
  Json document = Document("sample");
  document["files"] = files.written;
  document["frames"] = files.frames;
  document["imu_samples"] = files.imu_samples;
  document["bytes"] = files.bytes;
  document["measured_noise"] = files.measured_noise;
  return document;
}

std::string SampleText(const SceneFiles& files) {
  char noise[64];
  std::snprintf(noise, sizeof(noise),
                "%.2f grey levels (sigma, still flat "
                "patch)",
                files.measured_noise);
  FactList facts;
  for (const std::string& path : files.written) facts.Add("wrote", path);
  facts.Add("frames", FormatCount(files.frames));
  facts.Add("imu", FormatCount(files.imu_samples) + " samples");
  facts.Add("bytes", FormatBytes(files.bytes));
  facts.Add("noise", noise);
  return facts.Render();
}

absl::StatusOr<int> RunSample(const Context& context,
                              const SampleArguments& arguments) {
  CatchInterrupts();
  FrameProgress progress("sample", context.no_progress, context.color);
  const auto files = WriteScene(arguments.scene, arguments.folder,
                                progress.callback(), StopFlag());
  progress.Clear();
  if (!files.ok()) return files.status();
  if (context.json) {
    WriteJson(SampleJson(*files));
  } else {
    WriteResult(SampleText(*files));
    WriteMessage("next: fovea ingest " + arguments.folder +
                 "/camera.mp4 --imu " + arguments.folder +
                 "/imu.csv --store DIR");
  }
  return kExitOk;
}

}  // namespace

void AddSample(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<SampleArguments>();
  SceneOptions& scene = arguments->scene;
  CLI::App* verb = AddVerb(
      app, context, "sample", "Write a generated scene with its truth",
      StoreNeed::kOptional,
      [context, arguments] { return RunSample(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("folder", arguments->folder, "Where to; made if missing")
      ->type_name("DIR")
      ->required();
  AddDurationOption(verb, "--seconds", &arguments->length_ns,
                    "Length (default 10)");
  verb->add_option("--seed", scene.seed, "Same seed, same bytes")
      ->capture_default_str();
  verb->add_option("--size", arguments->size, "WxH (default 1280x720)");
  verb->add_option("--fps", scene.fps, "Frame rate")->capture_default_str();
  verb->add_option("--objects", scene.objects, "Moving, labelled objects")
      ->capture_default_str();
  verb->add_flag("--still-camera", scene.still_camera,
                 "A camera that watches one place, not a held one");
  verb->add_option("--roam", scene.roam,
                   "How far objects go, in half views: beyond 1 they come and "
                   "go")
      ->check(CLI::Range(0.1, 100.0))
      ->capture_default_str();
  verb->add_flag("--second-camera", scene.second_camera,
                 "Add a camera beside the first");
  verb->add_option("--overlap", scene.overlap,
                   "Share of the view both cameras see")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

}  // namespace fovea::cli
