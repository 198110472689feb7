// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea ingest: recordings and live feeds into the store, one after
// another. A source that fails does not keep the others from coming in.

#include "api/ingest.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/imu_model.h"
#include "api/ingest_input.h"
#include "api/model_folder.h"
#include "api/store.h"
#include "api/system_clock.h"
#include "cli/error_text.h"
#include "cli/imu_options.h"
#include "cli/ingest_console.h"
#include "cli/ingest_text.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/reuse_options.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct IngestArguments {
  std::vector<std::string> sources;
  IngestOptions options;
  bool no_map = false;
  std::string prior;  // a stream, or "none"
  ImuArguments imu;
  std::vector<std::string> sensitivities;
  std::vector<std::string> models;  // names, cards or folders
  std::string model_folder = DefaultModelFolder();
  std::string progress = "auto";
  std::optional<int64_t> duration_ns;
  std::optional<int64_t> timeout_ns;
  std::optional<int64_t> commit_every_ns;
  UpkeepOptions upkeep;
  ReuseArguments reuse;
  std::optional<double> audit_originals;  // share of the frames
};

// A store that a dry run reads from: the one named, or, when there is none
// yet, an empty one that goes away again.
class DryRunStore {
 public:
  ~DryRunStore() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  absl::StatusOr<std::unique_ptr<Store>> Open(const Context& context) {
    auto store = OpenStore(context, StoreMode::kRead);
    if (!absl::IsNotFound(store.status())) return store;
    std::error_code error;
    const auto base = std::filesystem::temp_directory_path(error);
    std::string pattern = (base / "fovea-dry-run-XXXXXX").string();
    if (error || mkdtemp(pattern.data()) == nullptr) {
      return absl::UnavailableError(absl::StrCat(
          pattern, ": cannot make a folder; set TMPDIR to one that exists"));
    }
    folder_ = pattern;
    Context temporary = context;
    temporary.store = folder_ + "/store";
    return OpenStore(temporary, StoreMode::kCreate);
  }

 private:
  std::string folder_;
};

ProgressMode ModeFor(const Context& context, const std::string& asked,
                     const Terminal& terminal) {
  if (context.no_progress || asked == "none") return ProgressMode::kNone;
  if (asked == "plain" || !terminal.interactive) return ProgressMode::kPlain;
  return ProgressMode::kBar;
}

bool WriteLineNow(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
         std::fflush(stdout) == 0;
}

// Runs the sources and gathers what is to be told about them.
class Ingestion {
 public:
  Ingestion(const Context& context, const IngestArguments& arguments)
      : context_(context),
        arguments_(arguments),
        json_lines_(arguments.progress == "json"),
        error_terminal_(DescribeTerminal(2, context.color)),
        printer_(ModeFor(context, arguments.progress, error_terminal_),
                 error_terminal_.columns, [](const std::string& bytes) {
                   std::fwrite(bytes.data(), 1, bytes.size(), stderr);
                 }) {}

  absl::StatusOr<int> Run() {
    if (absl::Status s = OpenStoreIfThere(); !s.ok()) return s;
    for (const std::string& source : arguments_.sources) {
      if (StopFlag()->load()) {
        Fail(source, absl::CancelledError("interrupted"));
        break;
      }
      if (absl::Status s = One(source); !s.ok()) return s;
    }
    WriteDocument();
    return CaughtSignal() != 0 ? 128 + CaughtSignal() : code_;
  }

 private:
  // A store is made only once there is something to put into it.
  absl::Status OpenStoreIfThere() {
    auto store =
        arguments_.options.dry_run
            ? dry_run_store_.Open(context_)
            : OpenStore(context_, StoreMode::kWrite, arguments_.upkeep);
    if (absl::IsNotFound(store.status())) return absl::OkStatus();
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }

  absl::Status MakeStore() {
    if (store_ != nullptr) return absl::OkStatus();
    auto store = OpenStore(context_, StoreMode::kCreate, arguments_.upkeep);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }

  // An error is the store's: there is no going on to the next source.
  absl::Status One(const std::string& source) {
    const int64_t begin = MonotonicNowNs();
    auto input = OpenIngestInput(source, arguments_.options, StopFlag());
    if (!input.ok()) {
      Fail(source, input.status());
      return absl::OkStatus();
    }
    if (absl::Status s = MakeStore(); !s.ok()) return s;
    auto report = IngestOne(*std::move(input));
    printer_.Clear();
    if (!report.ok()) {
      Fail(source, report.status());
      return absl::OkStatus();
    }
    Json json = {{"source", source}};
    json.update(IngestReportJson(*report));
    reports_.push_back(json);
    Tell(source, *report, MonotonicNowNs() - begin);
    Judge(*report);
    return absl::OkStatus();
  }

  absl::StatusOr<IngestReport> IngestOne(IngestInput input) {
    if (json_lines_) {
      JsonLinesObserver observer(WriteLineNow, RequestStop, MonotonicNowNs);
      return store_->Ingest(std::move(input), arguments_.options, &observer,
                            StopFlag());
    }
    ConsoleObserver observer(&printer_, MonotonicNowNs);
    return store_->Ingest(std::move(input), arguments_.options, &observer,
                          StopFlag());
  }

  void Fail(const std::string& source, const absl::Status& status) {
    WriteMessage(ErrorLine(
        absl::IsCancelled(status)
            ? WithNextStep(status, "nothing of it is stored; run it again")
            : status,
        "ingest"));
    reports_.push_back(
        {{"source", source}, {"error", std::string(status.message())}});
    code_ = kExitFailed;
  }

  void Tell(const std::string& source, const IngestReport& report,
            int64_t elapsed_ns) {
    if (!context_.json && !json_lines_) {
      WriteResult(IngestReportText(report, elapsed_ns,
                                   DescribeTerminal(1, context_.color).color));
      std::fflush(stdout);
    }
    if (!report.source_error.ok()) {
      WriteMessage(ErrorLine(
          WithNextStep(report.source_error, "what came before it is stored"),
          "ingest"));
    }
    if (report.stopped) {
      std::error_code ignored;
      WriteMessage(std::filesystem::exists(source, ignored)
                       ? "stopped; what was read so far is stored, 'fovea "
                         "ingest --resume' goes on"
                       : "stopped; what was read so far is stored");
    } else if (!arguments_.options.dry_run) {
      WriteMessage(IngestNextText(report, context_.store));
    }
  }

  // A source that broke off before anything came out of it has failed; one
  // that left something out has been ingested with loss.
  void Judge(const IngestReport& report) {
    int64_t stored = 0;
    for (const auto& stream : report.streams) stored += stream.counts.stored;
    if (!report.source_error.ok() && stored == 0) {
      code_ = kExitFailed;
    } else if (report.lossy() && code_ == kExitOk) {
      code_ = kExitLoss;
    }
  }

  void WriteDocument() {
    if (!context_.json && !json_lines_) return;
    Json document = Document("ingest");
    document["store"] = context_.store;
    document["dry_run"] = arguments_.options.dry_run;
    document["sources"] = reports_;
    WriteResult(JsonText(document, json_lines_ ? -1 : 2));
  }

  const Context& context_;
  const IngestArguments& arguments_;
  const bool json_lines_;
  const Terminal error_terminal_;
  ProgressPrinter printer_;
  DryRunStore dry_run_store_;  // outlives store_
  std::unique_ptr<Store> store_;
  Json reports_ = Json::array();
  int code_ = kExitOk;
};

absl::StatusOr<int> RunIngest(const Context& context,
                              const IngestArguments& arguments) {
  CatchInterrupts();
  const auto models = OpenLookingModels(
      arguments.models, arguments.model_folder, NetworkOptions());
  if (!models.ok()) return models.status();
  IngestArguments with_models = arguments;
  auto reuse = ReuseOptionsOf(arguments.reuse);
  if (!reuse.ok()) return reuse.status();
  with_models.options.reuse = *std::move(reuse);
  auto profiles = ReadImuProfiles(arguments.imu);
  if (!profiles.ok()) return profiles.status();
  with_models.options.imu.profiles = *std::move(profiles);
  auto imu_model = OpenImuModel(arguments.imu.models, arguments.model_folder);
  if (!imu_model.ok()) return imu_model.status();
  with_models.options.imu.windows.model = imu_model->model.get();
  with_models.options.imu.windows.sensitivity = imu_model->sensitivity;
  if (arguments.audit_originals) {
    with_models.options.originals = {*arguments.audit_originals,
                                     arguments.reuse.seed};
  }
  for (const auto& model : models->networks) {
    with_models.options.models.push_back(model.get());
  }
  for (const auto& model : models->programs) {
    with_models.options.external_models.push_back(model.get());
  }
  return Ingestion(context, with_models).Run();
}

// After parsing: what the options mean together.
void SettleArguments(IngestArguments* arguments) {
  IngestOptions& options = arguments->options;
  if (arguments->sources.size() > 1 && !options.name.empty()) {
    throw CLI::ValidationError("--name", "names one source, not several");
  }
  if (arguments->sources.size() > 1 && !options.imu_path.empty()) {
    throw CLI::ValidationError("--imu", "belongs to one source, not several");
  }
  if (options.append && options.resume) {
    throw CLI::ValidationError("--append", "excludes --resume");
  }
  const int origins = (arguments->no_map ? 1 : 0) +
                      (arguments->sensitivities.empty() ? 0 : 1) +
                      (arguments->models.empty() ? 0 : 1);
  if (origins > 1) {
    throw CLI::ValidationError(
        "--model",
        "expected at most one of --model, --sensitivity and --no-map");
  }
  if (arguments->sources.size() > 1 && !arguments->sensitivities.empty()) {
    throw CLI::ValidationError("--sensitivity",
                               "belongs to one source, not several");
  }
  if (origins > 0 && !arguments->prior.empty()) {
    throw CLI::ValidationError("--prior",
                               "excludes --model, --sensitivity and --no-map");
  }
  if (options.source.copy &&
      !(arguments->models.empty() && arguments->sensitivities.empty() &&
        arguments->prior.empty() && options.overlap_stream.empty())) {
    throw CLI::ValidationError(
        "--copy",
        "keeps the source's bytes; excludes --model, --sensitivity, --prior, "
        "--overlap");
  }
  if (arguments->reuse.max_error && arguments->models.empty()) {
    throw CLI::ValidationError("--max-error", "needs a --model");
  }
  if (arguments->audit_originals && arguments->models.empty()) {
    throw CLI::ValidationError("--audit-originals", "needs a --model");
  }
  if (options.source.opaque && options.source.copy) {
    throw CLI::ValidationError("--opaque", "excludes --copy");
  }
  options.imu = SettleImu(arguments->imu);
  options.use_prior = arguments->prior != "none";
  if (options.use_prior) options.prior_stream = arguments->prior;
  if (arguments->no_map) options.map.origin = MapOrigin::kPlain;
  if (!arguments->sensitivities.empty()) {
    options.map.origin = MapOrigin::kSensitivity;
    options.map.paths = arguments->sensitivities;
  }
  if (arguments->duration_ns) {
    options.source.max_duration_ns = *arguments->duration_ns;
  }
  if (arguments->timeout_ns) options.source.timeout_ns = *arguments->timeout_ns;
  if (arguments->commit_every_ns) {
    options.commit_age_ns = *arguments->commit_every_ns;
  }
}

void AddStreamOptions(CLI::App* verb, IngestArguments* arguments) {
  IngestOptions& options = arguments->options;
  verb->add_option("source", arguments->sources,
                   "Files, folders, globs, URLs, /dev/videoN, or - (standard "
                   "input: Annex B or Y4M)")
      ->type_name("SRC")
      ->required();
  verb->add_option("--name", options.name,
                   "Name of the stream (default: from the file name)");
  verb->add_option("--imu", options.imu_path,
                   "Inertial CSV recorded with the video: becomes NAME.imu")
      ->type_name("FILE");
  AddImuOptions(verb, /*ingest=*/true, &arguments->imu);
  verb->add_flag("--append", options.append, "Add to the streams of that name");
  verb->add_flag("--resume", options.resume,
                 "Go on where an interrupted ingest of the source stopped");
  verb->add_flag("--dry-run", options.dry_run,
                 "Read and report, store nothing");
  AddDurationOption(verb, "--duration", &arguments->duration_ns,
                    "Stop after this much stream time");
}

void AddEncoderOptions(CLI::App* verb, IngestArguments* arguments) {
  IngestOptions& options = arguments->options;
  verb->add_option("--crf", options.crf,
                   "Quality, 0 (best) to 51; 6 less is twice the bytes")
      ->check(CLI::Range(0.0, 51.0))
      ->capture_default_str();
  verb->add_option("--preset", options.preset, "Speed of libx264")
      ->check(
          CLI::IsMember({"ultrafast", "superfast", "veryfast", "faster", "fast",
                         "medium", "slow", "slower", "veryslow", "placebo"}))
      ->type_name("PRESET")
      ->capture_default_str();
  verb->add_flag("--copy", options.source.copy,
                 "Keep H.264 bytes as the source has them");
  verb->add_flag("--opaque", options.source.opaque,
                 "Keep any file as it is, equal parts of several files once");
  verb->add_option("--model", arguments->models,
                   "Name of an added model, model.yaml, or a folder with one: "
                   "its gradients, or the boxes of a program, say where bytes "
                   "may be saved, its answers become observations. Again for "
                   "each further model")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  verb->add_option("--models", arguments->model_folder,
                   "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--gradient-every", options.gradient_every,
                   "Frames between two looks of the models; maps hold in "
                   "between")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--sensitivity", arguments->sensitivities,
                   "Sensitivities measured with a model ('fovea profile'), "
                   "instead of the proxy. Again for each further model")
      ->allow_extra_args(false)
      ->type_name("FILE");
  verb->add_option("--prior", arguments->prior,
                   "Camera stream whose prior says where bytes may be saved, "
                   "or none: the proxy (default: the stream's own, where a "
                   "model looked along before)")
      ->type_name("STREAM");
  verb->add_option("--overlap", options.overlap_stream,
                   "Stored camera that sees part of this view at the same "
                   "time: that part is kept coarsely here")
      ->type_name("STREAM");
  verb->add_flag("--no-map", arguments->no_map,
                 "Uniform quality instead of the sensitivity proxy");
  verb->add_flag_callback(
      "--no-motion", [&options] { options.motion = false; },
      "Do not look for what moves: no observations labelled motion, no motion "
      "in frame tables");
  verb->add_flag("--freeze,!--no-freeze", options.freeze,
                 "Blocks that did not change stay as they were sent (default: "
                 "under sensitivities and priors of models)");
  verb->add_option("--jobs", options.jobs, "Threads (default: one per core)")
      ->check(CLI::Range(1, 1024));
  AddDurationOption(verb, "--commit-every", &arguments->commit_every_ns,
                    "Longest wait of a finished GOP or block for its "
                    "acknowledgement (1s); shorter: more syncs");
}

void AddOriginalsOptions(CLI::App* verb, IngestArguments* arguments) {
  verb->add_option("--audit-originals", arguments->audit_originals,
                   "Keep what the models say of this share of the frames, "
                   "chosen by a coin, as they come in: 'fovea audit' holds "
                   "later answers against it. Above 0, to 1")
      ->check(PositiveShareCheck())
      ->type_name("SHARE");
  // Both coins have it; they are independent all the same.
  verb->get_option("--audit-seed")
      ->remove_needs(verb->get_option("--max-error"));
}

void AddSourceOptions(CLI::App* verb, IngestArguments* arguments) {
  SourceOptions& source = arguments->options.source;
  verb->add_option("--fps", source.image_fps,
                   "Frame rate of image files that carry no times")
      ->check(CLI::Range(0.001, 10000.0));
  verb->add_option("--columns", source.csv_columns,
                   "CSV columns by name, such as t,gx,gy,gz,ax,ay,az; - skips");
  verb->add_option("--gyro-unit", source.gyro_unit, "Of CSV input")
      ->check(CLI::IsMember({"rad/s", "deg/s"}));
  verb->add_option("--accel-unit", source.accel_unit, "Of CSV input")
      ->check(CLI::IsMember({"m/s2", "g"}));
  verb->add_option("--time-unit", source.time_unit, "Of CSV input")
      ->check(CLI::IsMember({"s", "ms", "us", "ns"}));
  AddDurationOption(verb, "--timeout", &arguments->timeout_ns,
                    "Silence of a live source before reconnecting");
  verb->add_option("--max-reconnects", source.max_reconnects,
                   "Tries before giving a live source up (0: never)")
      ->check(CLI::NonNegativeNumber);
  AddSizeOption(verb, "--scrub-rate", &arguments->upkeep.scrub_bytes_per_second,
                "Beside an ingest of more than ten minutes the store is read "
                "through, so much a second (4MB); 0: not");
  verb->add_option("--progress", arguments->progress,
                   "auto, plain, none, or json (lines on standard output)")
      ->check(CLI::IsMember({"auto", "plain", "json", "none"}))
      ->type_name("HOW");
}

}  // namespace

void AddIngest(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<IngestArguments>();
  CLI::App* verb = AddVerb(
      app, context, "ingest", "Encode and store recordings or live feeds",
      StoreNeed::kRequired,
      [context, arguments] { return RunIngest(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  AddStreamOptions(verb, arguments.get());
  AddEncoderOptions(verb, arguments.get());
  AddReuseOptions(verb, &arguments->reuse);
  AddOriginalsOptions(verb, arguments.get());
  AddSourceOptions(verb, arguments.get());
}

}  // namespace fovea::cli
