// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea encode IN -o OUT: H.264 whose bytes go where a quality map says; a
// series file of sensors.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/encode_file.h"
#include "api/imu_model.h"
#include "api/model_folder.h"
#include "api/series_file.h"
#include "api/time_text.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/imu_options.h"
#include "cli/interrupt.h"
#include "cli/series_file_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct EncodeArguments {
  EncodeFileOptions file;
  std::vector<std::string> sensitivities;
  std::string boxes;
  std::string map;
  bool plain = false;
  std::string mode = "stacked";
  std::string side_data = "gop";
  std::optional<int> gop;
  std::optional<int64_t> duration_ns;

  // Of sensors.
  EncodeSeriesOptions series;
  ImuArguments imu;
  std::optional<int64_t> block_ns;
};

std::string Decimal(double value, int places) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", places, value);
  return text;
}

Json EncodeJson(const EncodeArguments& arguments,
                const EncodeFileReport& report) {
  const EncodeFileOptions& options = arguments.file;
  Json document = Document("encode");
  document["input"] = options.input;
  document["output"] = options.output;
  document["camera"] = CameraJson(report.camera);
  document["map_origin"] = MapOriginName(options.map.origin);
  document["map"] = report.map;
  document["mode"] = arguments.mode;
  document["preset"] = options.encoder.preset;
  document["threads"] = options.encoder.threads;
  document["frames"] = report.frames;
  document["keyframes"] = report.keyframes;
  document["mapped_frames"] = report.mapped_frames;
  document["bytes"] = report.bytes;
  document["side_data_bytes"] = report.side_data_bytes;
  document["file_bytes"] = report.file_bytes;
  document["duration_ns"] = NanosecondsJson(report.duration_ns);
  document["chroma_qp_offset"] = report.chroma_qp_offset;
  document["mean_qp"] = report.mean_qp;
  document["mean_offset"] = report.mean_offset;
  document["frozen_share"] = report.frozen_share;
  document["stopped"] = report.stopped;
  document["skipped"] = Json::array();
  for (const auto& skipped : report.skipped) {
    document["skipped"].push_back(
        {{"frames", skipped.frames}, {"why", skipped.why}});
  }
  document["notes"] = report.notes;
  if (!report.source_error.ok()) {
    document["error"] = std::string(report.source_error.message());
  }
  return document;
}

std::string EncodeText(const EncodeArguments& arguments,
                       const EncodeFileReport& report) {
  FactList facts;
  facts.Add("wrote", arguments.file.output);
  facts.Add("map", Printable(report.map));
  facts.Add("frames", absl::StrCat(FormatCount(report.frames), ", ",
                                   FormatCount(report.keyframes), " GOPs"));
  facts.Add("bytes", FormatBytes(report.file_bytes));
  if (report.duration_ns > 0) {
    const double seconds = static_cast<double>(report.duration_ns) * 1e-9;
    facts.Add("rate", FormatBytes(static_cast<uint64_t>(
                          static_cast<double>(report.bytes) / seconds)) +
                          "/s");
  }
  facts.Add("side data", FormatBytes(report.side_data_bytes));
  facts.Add("mean QP",
            absl::StrCat(Decimal(report.mean_qp, 1), ", maps add ",
                         Decimal(report.mean_offset, 1), " to the base"));
  if (report.freeze) {
    facts.Add("frozen",
              Decimal(100 * report.frozen_share, 1) + " % of the macroblocks");
  }
  for (const auto& skipped : report.skipped) {
    facts.Add("skipped", Printable(absl::StrCat(FormatCount(skipped.frames),
                                                " frames: ", skipped.why)));
  }
  for (const auto& note : report.notes) facts.Add("note", Printable(note));
  return facts.Render();
}

int ExitCode(const EncodeFileReport& report) {
  if (report.stopped) return 128 + CaughtSignal();
  return report.lossy() ? kExitLoss : kExitOk;
}

absl::StatusOr<int> RunEncodeSeries(const Context& context,
                                    EncodeSeriesOptions options,
                                    const ImuArguments& imu) {
  auto profiles = ReadImuProfiles(imu);
  if (!profiles.ok()) return profiles.status();
  options.imu.profiles = *std::move(profiles);
  const auto model = OpenImuModel(imu.models, DefaultModelFolder());
  if (!model.ok()) return model.status();
  options.imu.windows.model = model->model.get();
  options.imu.windows.sensitivity = model->sensitivity;
  return TellSeriesFile(context, "encode", options.input, options.output,
                        [&](const SeriesProgress& progress) {
                          return EncodeSeriesFile(options, progress,
                                                  StopFlag());
                        });
}

absl::StatusOr<int> RunEncode(const Context& context,
                              const EncodeArguments& arguments) {
  if (IsSeriesFileName(arguments.file.output)) {
    return RunEncodeSeries(context, arguments.series, arguments.imu);
  }
  CatchInterrupts();
  FrameProgress progress("encode", context.no_progress, context.color);
  const auto report =
      EncodeFile(arguments.file, progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(EncodeJson(arguments, *report));
  } else {
    WriteResult(EncodeText(arguments, *report));
    WriteMessage("next: fovea inspect " + arguments.file.output +
                 " --frame 0 --qp heat.png");
  }
  if (!report->source_error.ok()) {
    WriteMessage(ErrorLine(
        WithNextStep(report->source_error, "what came before it is encoded"),
        "encode"));
  }
  return ExitCode(*report);
}

void ChooseMap(const std::vector<std::string>& paths, MapOrigin origin,
               MapSourceOptions* map) {
  if (paths.empty() || paths[0].empty()) return;
  map->origin = origin;
  map->paths = paths;
}

constexpr char kCameras[] = "Cameras";
constexpr char kSensors[] = "Sensors";

// Options that were given and belong to the other kind of output.
void RefuseOthers(const CLI::App& verb, const std::string& output) {
  const bool series = IsSeriesFileName(output);
  for (const CLI::Option* option : verb.get_options()) {
    if (option->count() == 0) continue;
    if (option->get_group() == (series ? kCameras : kSensors)) {
      throw CLI::ValidationError(
          option->get_name(),
          absl::StrCat("is for ", series ? "cameras" : "sensors", "; ", output,
                       series ? " is a file of sensor samples"
                              : " is a video, sensor samples go to .fser"));
    }
  }
}

void SettleSeries(EncodeArguments* arguments) {
  EncodeSeriesOptions& series = arguments->series;
  series.input = arguments->file.input;
  series.output = arguments->file.output;
  series.source = arguments->file.source;
  series.imu = SettleImu(arguments->imu);
  if (arguments->block_ns) series.block_ns = *arguments->block_ns;
}

// After parsing: what the options mean together.
void SettleArguments(EncodeArguments* arguments) {
  EncodeFileOptions& file = arguments->file;
  const int origins = (arguments->sensitivities.empty() ? 0 : 1) +
                      (arguments->boxes.empty() ? 0 : 1) +
                      (arguments->map.empty() ? 0 : 1) +
                      (arguments->plain ? 1 : 0);
  if (origins > 1) {
    throw CLI::ValidationError(
        "--map",
        "expected at most one of --sensitivity, --boxes, --map and --plain");
  }
  if (arguments->plain) file.map.origin = MapOrigin::kPlain;
  ChooseMap(arguments->sensitivities, MapOrigin::kSensitivity, &file.map);
  ChooseMap({arguments->boxes}, MapOrigin::kBoxes, &file.map);
  ChooseMap({arguments->map}, MapOrigin::kMap, &file.map);
  file.encoder.map_mode =
      arguments->mode == "exact" ? MapMode::kExact : MapMode::kStacked;
  file.side_data = arguments->side_data == "none"    ? SideDataPlace::kNone
                   : arguments->side_data == "frame" ? SideDataPlace::kFrame
                                                     : SideDataPlace::kGop;
  if (arguments->gop) file.encoder.gop_frames = *arguments->gop;
  if (!arguments->boxes.empty() && !file.map.protect_path.empty()) {
    throw CLI::ValidationError(
        "--protect", "--boxes keeps its boxes at the base quality already");
  }
  if (file.map.protect_offset % 2 != 0) {
    throw CLI::ValidationError("--protect-offset", "must be even");
  }
  if (file.map.box_offset % 2 != 0) {
    throw CLI::ValidationError("--box-offset", "must be even");
  }
  file.source.threads = file.encoder.threads;
  if (arguments->duration_ns) {
    file.source.max_duration_ns = *arguments->duration_ns;
  }
  SettleSeries(arguments);
}

void AddMapOptions(CLI::App* verb, EncodeArguments* arguments) {
  MapSourceOptions& map = arguments->file.map;
  verb->add_option("--sensitivity", arguments->sensitivities,
                   "Sensitivities measured with a model say where bytes may "
                   "be saved (default: a model-free guess). Again for each "
                   "further model: the one that needs most counts")
      ->allow_extra_args(false)
      ->type_name("FILE");
  verb->add_option("--boxes", arguments->boxes,
                   "Instead: CSV frame,left,top,right,bottom[,score[,label]]; "
                   "boxes keep the base quality")
      ->type_name("FILE");
  verb->add_option("--map", arguments->map,
                   "Instead: QP offsets by hand; 'fovea-map 1 COLUMNS ROWS', "
                   "then 'frame N' and ROWS lines of COLUMNS even offsets")
      ->type_name("FILE");
  verb->add_flag("--plain", arguments->plain, "Instead: uniform quality");
  verb->add_option("--protect", map.protect_path,
                   "Boxes, as above, in which other maps add little")
      ->type_name("FILE");
  verb->add_option("--protect-offset", map.protect_offset,
                   "Most QP added inside them, even")
      ->check(CLI::Range(0, kMaxQpOffset))
      ->capture_default_str();
  verb->add_option("--kappa", map.allocation.kappa,
                   "How far sensitivities are trusted, 0 to 1 (default: 1 of "
                   "models, else 0.7)")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--box-offset", map.box_offset,
                   "QP added outside the boxes, even, 0 to 18")
      ->check(CLI::Range(0, kMaxQpOffset))
      ->capture_default_str();
  verb->add_option("--box-grow", map.box_grow,
                   "Macroblocks by which boxes are grown")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  verb->add_option("--box-hold", map.box_hold,
                   "Frames for which boxes hold where later ones have none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--box-score", map.box_score,
                   "Boxes below this score do not count")
      ->capture_default_str();
  verb->add_option("--side-data", arguments->side_data,
                   "What the stream tells of its maps: with each gop, each "
                   "frame whose map changes, or none")
      ->check(CLI::IsMember({"gop", "frame", "none"}))
      ->type_name("WHERE")
      ->capture_default_str();
}

void AddRateOptions(CLI::App* verb, EncodeArguments* arguments) {
  EncodeFileOptions& file = arguments->file;
  CLI::Option* crf =
      verb->add_option("--crf", file.encoder.crf,
                       "Quality, 1 (best) to 51; 6 less is twice the bytes. "
                       "The base QP in exact mode")
          ->check(CLI::Range(1.0, 51.0))
          ->capture_default_str();
  verb->add_option("--bytes-per-second", file.bytes_per_second,
                   "Average budget instead of --crf")
      ->excludes(crf)
      ->type_name("N");
  verb->add_option("--max-bytes-per-second", file.max_bytes_per_second,
                   "Ceiling over any one second; takes one thread")
      ->type_name("N");
  verb->add_option("--mode", arguments->mode,
                   "stacked: maps on top of x264's own decisions, fewest "
                   "bytes; exact: QP = crf + map in every macroblock")
      ->check(CLI::IsMember({"stacked", "exact"}))
      ->type_name("MODE")
      ->capture_default_str();
  verb->add_option("--chroma-offset", file.chroma_qp_offset,
                   "Chroma QP minus luma QP, -12 to 12 (default: what "
                   "sensitivities of the planes ask for, else -6)")
      ->check(CLI::Range(-12, 12));
}

void AddSpeedOptions(CLI::App* verb, EncodeArguments* arguments) {
  VideoEncoderOptions& encoder = arguments->file.encoder;
  encoder.threads = static_cast<int>(
      std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
  verb->add_option("--preset", encoder.preset, "Speed of libx264")
      ->check(CLI::IsMember({"ultrafast", "superfast", "veryfast", "faster",
                             "fast", "medium", "slow", "slower", "veryslow"}))
      ->type_name("PRESET")
      ->capture_default_str();
  verb->add_option("--gop", arguments->gop,
                   "Longest closed GOP in frames (default 60)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  verb->add_option("--threads", encoder.threads,
                   "Equal settings and threads give equal bytes (default: "
                   "one per core)")
      ->check(CLI::Range(1, 128))
      ->type_name("N");
  verb->add_flag("--zero-latency", encoder.zero_latency,
                 "A packet out per frame in, no look-ahead");
  verb->add_flag("--freeze,!--no-freeze", arguments->file.freeze,
                 "Blocks that did not change stay as they were sent (default: "
                 "under sensitivities of models)");
}

void AddSensorOptions(CLI::App* verb, EncodeArguments* arguments) {
  AddImuOptions(verb, /*ingest=*/false, &arguments->imu);
  AddDurationOption(verb, "--block", &arguments->block_ns,
                    "Time in a block, which decodes alone (default: 1s; for "
                    "a model some 10s)");
}

}  // namespace

void AddEncode(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<EncodeArguments>();
  CLI::App* verb = AddVerb(
      app, context, "encode",
      "Encode a recording: video under a quality map, sensor samples",
      StoreNeed::kOptional,
      [context, arguments] { return RunEncode(*context, *arguments); },
      [app, arguments] {
        RefuseOthers(*app->get_subcommand("encode"), arguments->file.output);
        SettleArguments(arguments.get());
      });
  verb->add_option("input", arguments->file.input,
                   "File, folder of images, or - (standard input)")
      ->type_name("IN")
      ->required();
  verb->add_option("-o,--output", arguments->file.output,
                   ".mp4, .mov, .mkv or .h264 of a camera; .fser of all "
                   "inertial and other sensors of the recording")
      ->type_name("OUT")
      ->required();
  AddDurationOption(verb, "--duration", &arguments->duration_ns,
                    "Stop after this much stream time");
  verb->option_defaults()->group(kCameras);
  AddMapOptions(verb, arguments.get());
  AddRateOptions(verb, arguments.get());
  AddSpeedOptions(verb, arguments.get());
  verb->add_option("--fps", arguments->file.source.image_fps,
                   "Frame rate of image files that carry no times")
      ->check(CLI::Range(0.001, 10000.0));
  verb->option_defaults()->group(kSensors);
  AddSensorOptions(verb, arguments.get());
}

}  // namespace fovea::cli
