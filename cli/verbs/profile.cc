// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea profile FILE|STREAM --model M [--model N] -o FILE: what each model
// needs of a recording, by its gradients: of a camera's pictures, or of an
// inertial or other series.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "api/profile_file.h"
#include "api/profile_series.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/series_profile_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ProfileArguments {
  ProfileFileOptions file;  // input and source also of a series
  int hop = 0;
  std::optional<int64_t> duration_ns;
  // Which a model of the other kind has no use for.
  std::vector<const CLI::Option*> of_pictures, of_windows;
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

void TellSourceError(const absl::Status& error) {
  if (error.ok()) return;
  WriteMessage(ErrorLine(WithNextStep(error, "what came before it is profiled"),
                         "profile"));
}

// What a profile of either kind is made with.
struct Job {
  std::vector<Model*> models;
  std::vector<std::string> outputs;
  Store* store = nullptr;
};

absl::StatusOr<int> ProfilePictures(const Context& context,
                                    const ProfileArguments& arguments,
                                    const Job& job) {
  ProfileFileOptions file = arguments.file;
  file.store = job.store;
  FrameProgress progress("profile", context.no_progress, context.color);
  const auto report = ProfileFile(file, job.models, job.outputs,
                                  progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ProfileJson(arguments, *report));
  } else {
    WriteResult(ProfileText(*report, DescribeTerminal(1, context.color).color));
    WriteMessage(NextStep(arguments, *report));
  }
  TellSourceError(report->source_error);
  if (report->stopped) return 128 + CaughtSignal();
  return report->source_error.ok() ? kExitOk : kExitLoss;
}

absl::StatusOr<int> ProfileWindows(const Context& context,
                                   const ProfileArguments& arguments,
                                   const Job& job) {
  ProfileSeriesOptions series;
  series.input = arguments.file.input;
  series.source = arguments.file.source;
  series.store = job.store;
  series.hop = arguments.hop;
  FrameProgress progress("profile", context.no_progress, context.color,
                         "samples");
  const auto report = ProfileSeries(series, job.models, job.outputs,
                                    progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(SeriesProfileJson(series.input, *report));
  } else {
    WriteResult(
        SeriesProfileText(*report, DescribeTerminal(1, context.color).color));
  }
  TellSourceError(report->source_error);
  if (report->stopped) return 128 + CaughtSignal();
  const bool whole = report->source_error.ok() && report->rejected == 0;
  return whole ? kExitOk : kExitLoss;
}

// Options without a meaning for the models given, by name.
absl::Status CheckOptions(const ProfileArguments& arguments, bool windows) {
  for (const CLI::Option* option :
       windows ? arguments.of_pictures : arguments.of_windows) {
    if (option->count() == 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        option->get_name(), ": is for models of ",
        windows ? "pictures" : "sensor windows", ", ", arguments.models[0],
        " takes ", windows ? "sensor windows" : "pictures", "; leave it out"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunProfile(const Context& context,
                               const ProfileArguments& arguments) {
  CatchInterrupts();
  const auto models =
      OpenModels(arguments.models, arguments.folder, arguments.network);
  if (!models.ok()) return models.status();
  Job job;
  for (const auto& model : *models) job.models.push_back(model.get());
  job.outputs = OutputsFor(arguments.output, *models);
  const auto windows = TakeWindows(job.models);
  if (!windows.ok()) return windows.status();
  if (absl::Status s = CheckOptions(arguments, *windows); !s.ok()) return s;
  std::unique_ptr<Store> store;
  std::error_code ignored;
  if (!std::filesystem::exists(arguments.file.input, ignored) &&
      !context.store.empty()) {
    auto opened = OpenStore(context, StoreMode::kRead);
    if (!opened.ok()) return opened.status();
    if (arguments.duration_ns) {
      return absl::InvalidArgumentError(
          absl::StrCat("--duration is of files; stream '", arguments.file.input,
                       "' is profiled whole"));
    }
    store = *std::move(opened);
    job.store = store.get();
  }
  return *windows ? ProfileWindows(context, arguments, job)
                  : ProfilePictures(context, arguments, job);
}

void SettleArguments(ProfileArguments* arguments) {
  if (arguments->duration_ns) {
    arguments->file.source.max_duration_ns = *arguments->duration_ns;
  }
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

// Of pictures; those of windows are below.
void AddPictureOptions(CLI::App* verb, ProfileArguments* arguments) {
  ProfileFileOptions& file = arguments->file;
  arguments->of_pictures = {
      verb->add_option("--every", file.every,
                       "A gradient pass every N frames; 10 costs less than "
                       "half and saves nearly the same")
          ->check(CLI::Range(1, 100000))
          ->type_name("N")
          ->capture_default_str(),
      verb->add_flag("--prior", file.prior,
                     "One map for the whole recording, the mean: for a camera "
                     "that will see the like again"),
      verb->add_option("--method", arguments->method,
                       "energy: squared gradients over probes; or the "
                       "published grace, accmpeg, stac")
          ->check(CLI::IsMember({"energy", "grace", "accmpeg", "stac"}))
          ->type_name("NAME")
          ->capture_default_str(),
      verb->add_option("--probes", file.profile.random_probes,
                       "Random-sign probes beside the plain sum; each costs a "
                       "backward pass")
          ->check(CLI::Range(0, 64))
          ->capture_default_str(),
      verb->add_flag("--frequencies", file.profile.frequencies,
                     "Also energies per DCT frequency"),
      verb->add_flag("--444", file.profile.full_chroma,
                     "Cb and Cr with a sample per pixel"),
      verb->add_option("--degraded-crf", file.degraded_crf,
                       "Coarse encode at which gradients are taken")
          ->check(CLI::Range(1.0, 51.0))
          ->capture_default_str(),
      verb->add_option("--seed", file.profile.seed, "Of the random probes")
          ->capture_default_str(),
      verb->add_option("--fps", file.source.image_fps,
                       "Frame rate of image files that carry no times")
          ->check(CLI::Range(0.001, 10000.0))};
}

void AddWindowOptions(CLI::App* verb, ProfileArguments* arguments) {
  SourceOptions& source = arguments->file.source;
  arguments->of_windows = {
      verb->add_option("--hop", arguments->hop,
                       "Samples, at the model's rate, from one sensor window "
                       "to the next (default: half a window)")
          ->check(CLI::Range(1, 65536))
          ->type_name("N"),
      verb->add_option("--columns", source.csv_columns,
                       "CSV columns by name, such as t,gx,gy,gz,ax,ay,az; - "
                       "skips"),
      verb->add_option("--gyro-unit", source.gyro_unit, "Of CSV input")
          ->check(CLI::IsMember({"rad/s", "deg/s"})),
      verb->add_option("--accel-unit", source.accel_unit, "Of CSV input")
          ->check(CLI::IsMember({"m/s2", "g"})),
      verb->add_option("--time-unit", source.time_unit, "Of CSV input")
          ->check(CLI::IsMember({"s", "ms", "us", "ns"}))};
}

}  // namespace

void AddProfile(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ProfileArguments>();
  CLI::App* verb = AddVerb(
      app, context, "profile",
      "Measure by a model's gradients which pixels its answers need, or which "
      "frequencies of which sensor",
      StoreNeed::kOptional,
      [context, arguments] { return RunProfile(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("input", arguments->file.input,
                   "File or folder of images, CSV of a sensor, or stream of "
                   "the store (a file of that name goes first)")
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
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--threads", arguments->network.threads,
                   "Of the network runtime")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  AddDurationOption(verb, "--duration", &arguments->duration_ns,
                    "Only this much of a file, from its start");
  AddPictureOptions(verb, arguments.get());
  AddWindowOptions(verb, arguments.get());
}

}  // namespace fovea::cli
