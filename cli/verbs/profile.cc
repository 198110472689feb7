// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea profile FILE|STREAM --model M [--model N] -o FILE: what each model
// needs of a recording, by its gradients.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "api/profile_file.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ProfileArguments {
  ProfileFileOptions file;
  std::vector<std::string> models;
  std::string folder = DefaultModelFolder();
  NetworkOptions network;
  std::string output;
  std::string method = "energy";
};

// One model: the name given. Several: each its own, "drive.fsen" becoming
// "drive.NAME.fsen".
std::vector<std::string> OutputsFor(const std::string& output,
                                    const Models& models) {
  if (models.size() == 1) return {output};
  const std::filesystem::path path(output);
  std::vector<std::string> outputs;
  for (const auto& model : models) {
    std::filesystem::path own = path;
    own.replace_extension(model->id().name + path.extension().string());
    outputs.push_back(own.string());
  }
  return outputs;
}

Json ProfileJson(const ProfileArguments& arguments,
                 const ProfileReport& report) {
  Json document = Document("profile");
  document["input"] = arguments.file.input;
  document["method"] = arguments.method;
  document["camera"] = CameraJson(report.camera);
  document["frames"] = report.frames;
  document["probed"] = report.probed;
  document["stopped"] = report.stopped;
  document["notes"] = report.notes;
  document["models"] = Json::array();
  for (const auto& of_model : report.models) {
    document["models"].push_back({{"name", of_model.model.name},
                                  {"digest", DigestText(of_model.model.digest)},
                                  {"output", of_model.output},
                                  {"bytes", of_model.bytes},
                                  {"reference", of_model.reference},
                                  {"relevant_share", of_model.relevant_share}});
  }
  if (!report.source_error.ok()) {
    document["error"] = std::string(report.source_error.message());
  }
  return document;
}

std::string ProfileText(const ProfileReport& report, bool color) {
  FactList facts;
  facts.Add("frames",
            absl::StrCat(FormatCount(report.frames), ", ",
                         FormatCount(report.probed), " with a gradient pass"));
  for (const auto& note : report.notes) facts.Add("note", Printable(note));
  Table table({{"MODEL"},
               {"DIGEST"},
               {"RELEVANT", Align::kRight},
               {"REFERENCE", Align::kRight},
               {"WROTE"}});
  for (const auto& of_model : report.models) {
    char relevant[16], reference[32];
    std::snprintf(relevant, sizeof(relevant), "%.0f %%",
                  100 * of_model.relevant_share);
    std::snprintf(reference, sizeof(reference), "%.3g", of_model.reference);
    table.Add({Printable(of_model.model.name),
               DigestText(of_model.model.digest).substr(0, 12), relevant,
               reference, of_model.output});
  }
  return facts.Render() + "\n" + table.Render(color);
}

std::string NextStep(const ProfileArguments& arguments,
                     const ProfileReport& report) {
  std::string line = "next: fovea encode " + arguments.file.input + " -o OUT";
  for (const auto& of_model : report.models) {
    absl::StrAppend(&line, " --sensitivity ", of_model.output);
  }
  return line;
}

absl::StatusOr<ProfileReport> Profile(const Context& context,
                                      const ProfileArguments& arguments,
                                      const Models& models) {
  ProfileFileOptions file = arguments.file;
  std::unique_ptr<Engine> engine;
  std::error_code ignored;
  if (!std::filesystem::exists(file.input, ignored) && !context.store.empty()) {
    auto opened = OpenStore(context, StoreMode::kRead);
    if (!opened.ok()) return opened.status();
    engine = *std::move(opened);
    file.engine = engine.get();
  }
  std::vector<Model*> borrowed;
  for (const auto& model : models) borrowed.push_back(model.get());
  FrameProgress progress("profile", context.no_progress, context.color);
  auto report =
      ProfileFile(file, borrowed, OutputsFor(arguments.output, models),
                  progress.callback(), StopFlag());
  progress.Clear();
  return report;
}

absl::StatusOr<int> RunProfile(const Context& context,
                               const ProfileArguments& arguments) {
  CatchInterrupts();
  const auto models =
      OpenModels(arguments.models, arguments.folder, arguments.network);
  if (!models.ok()) return models.status();
  const auto report = Profile(context, arguments, *models);
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ProfileJson(arguments, *report));
  } else {
    WriteResult(ProfileText(*report, DescribeTerminal(1, context.color).color));
    WriteMessage(NextStep(arguments, *report));
  }
  if (!report->source_error.ok()) {
    WriteMessage(ErrorLine(
        WithNextStep(report->source_error, "what came before it is profiled"),
        "profile"));
  }
  if (report->stopped) return 128 + CaughtSignal();
  return report->source_error.ok() ? kExitOk : kExitLoss;
}

void SettleArguments(ProfileArguments* arguments) {
  ProfileOptions& profile = arguments->file.profile;
  for (const ProfileMethod method :
       {ProfileMethod::kEnergy, ProfileMethod::kGrace, ProfileMethod::kAccMpeg,
        ProfileMethod::kStac}) {
    if (arguments->method == ProfileMethodName(method)) {
      profile.method = method;
    }
  }
  if (profile.method != ProfileMethod::kEnergy) profile.spread = false;
}

void AddProfileOptions(CLI::App* verb, ProfileArguments* arguments) {
  ProfileFileOptions& file = arguments->file;
  verb->add_option("--every", file.every,
                   "A gradient pass every N frames; 10 costs less than half "
                   "and saves nearly the same")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_flag("--prior", file.prior,
                 "One map for the whole recording, the mean: for a camera "
                 "that will see the like again");
  verb->add_option("--method", arguments->method,
                   "energy: squared gradients over probes; or the published "
                   "grace, accmpeg, stac")
      ->check(CLI::IsMember({"energy", "grace", "accmpeg", "stac"}))
      ->type_name("NAME")
      ->capture_default_str();
  verb->add_option("--probes", file.profile.random_probes,
                   "Random-sign probes beside the plain sum; each costs a "
                   "backward pass")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  verb->add_flag("--frequencies", file.profile.frequencies,
                 "Also energies per DCT frequency");
  verb->add_flag("--444", file.profile.full_chroma,
                 "Cb and Cr with a sample per pixel");
  verb->add_option("--degraded-crf", file.degraded_crf,
                   "Coarse encode at which gradients are taken")
      ->check(CLI::Range(1.0, 51.0))
      ->capture_default_str();
  verb->add_option("--seed", file.profile.seed, "Of the random probes")
      ->capture_default_str();
  verb->add_option("--threads", arguments->network.threads,
                   "Of the network runtime")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
}

}  // namespace

void AddProfile(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ProfileArguments>();
  CLI::App* verb = AddVerb(
      app, context, "profile",
      "Measure by a model's gradients which pixels its answers need",
      StoreNeed::kOptional,
      [context, arguments] { return RunProfile(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("input", arguments->file.input,
                   "File or folder of images, or camera stream of the store "
                   "(a file of that name goes first)")
      ->type_name("FILE|STREAM")
      ->required();
  verb->add_option("--model", arguments->models,
                   "Name of an added model, model.yaml, or a folder with "
                   "one. Again for each further model, in one pass")
      ->allow_extra_args(false)
      ->type_name("MODEL")
      ->required();
  verb->add_option("-o,--output", arguments->output,
                   "Sensitivity file; with several models, OUT.fsen becomes "
                   "OUT.MODEL.fsen for each")
      ->type_name("OUT")
      ->required();
  verb->add_option("--models", arguments->folder,
                   "Folder of added models (default: $FOVEA_MODELS, else "
                   "~/.local/share/fovea/models)")
      ->type_name("DIR");
  AddProfileOptions(verb, arguments.get());
  verb->add_option("--fps", arguments->file.source.image_fps,
                   "Frame rate of image files that carry no times")
      ->check(CLI::Range(0.001, 10000.0));
}

}  // namespace fovea::cli
