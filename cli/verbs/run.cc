// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea run STREAM... --model M: a model over footage that is stored already,
// of one stream after the other, or of all together within a decode budget.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "api/packet_run.h"
#include "api/run_model.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/packet_text.h"
#include "cli/query_argument.h"
#include "cli/reuse_options.h"
#include "cli/run_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "cli/window_run.h"

namespace fovea::cli {
namespace {

struct RunArguments {
  std::vector<std::string> streams;
  std::vector<std::string> models;
  std::string folder = DefaultModelFolder();
  NetworkOptions network;
  RunOptions options;
  RangeArguments range;
  std::optional<std::string> only;
  bool moving = false;
  bool guess = false;
  int window = 0, hop = 0;  // of imu and series streams
  ReuseArguments reuse;
  std::optional<std::string> decode_budget;
};

void TellTroubles(const RunReport& report) {
  for (const std::string& note : report.notes) WriteMessage(note);
  for (const ModelRun& run : report.models) {
    if (run.error.ok()) continue;
    WriteMessage(ErrorLine(
        WithNextStep(run.error,
                     absl::StrCat("what it saw before frame ", run.failed_index,
                                  " is stored; run it again to go on")),
        "run"));
  }
  for (const RunReport::Unread& gop : report.unread) {
    WriteMessage(
        ErrorLine(WithNextStep(gop.error,
                               "no model has looked at it; 'fovea verify' "
                               "tells what else is damaged"),
                  "run"));
  }
}

// Offline, cards alone are read.
struct ChosenModels {
  LookingModels there;
  std::vector<ModelDescription> absent;
};

absl::StatusOr<ChosenModels> OpenChosen(const RunArguments& arguments) {
  ChosenModels chosen;
  if (!arguments.reuse.offline) {
    auto there = OpenLookingModels(arguments.models, arguments.folder,
                                   arguments.network);
    if (!there.ok()) return there.status();
    chosen.there = *std::move(there);
    return chosen;
  }
  for (const std::string& spec : arguments.models) {
    const auto files = ReadModel(spec, arguments.folder);
    if (!files.ok()) return files.status();
    chosen.absent.push_back(DescriptionOf(*files));
  }
  return chosen;
}

bool HasWindows(Store* store, const std::string& stream) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return false;  // told where it is run
  const StreamKind kind = summary->description.kind;
  return kind == StreamKind::kImu || kind == StreamKind::kSeries;
}

// Of windows alone, or of frames alone.
absl::Status CheckWindows(const RunArguments& arguments, Store* store) {
  for (const std::string& stream : arguments.streams) {
    if (!HasWindows(store, stream)) {
      if (arguments.window == 0 && arguments.hop == 0) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("stream '", stream, "' is no imu or series ",
                       "stream: --window and --hop are of those; see --every"));
    }
    if (arguments.streams.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("stream '", stream, "' is no camera: run it by itself"));
    }
    if (arguments.only || arguments.moving || arguments.decode_budget) {
      return absl::InvalidArgumentError(absl::StrCat(
          "stream '", stream, "' is no camera: --only, --moving and ",
          "--decode-budget choose frames; leave them out"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunSeries(const Context& context,
                              const RunArguments& arguments, Store* store) {
  WindowRunArguments windows;
  windows.stream = arguments.streams[0];
  windows.models = arguments.models;
  windows.folder = arguments.folder;
  windows.network = arguments.network;
  windows.window = arguments.window;
  windows.hop = arguments.hop;
  windows.range = arguments.range;
  windows.again = arguments.options.again;
  windows.dry_run = arguments.options.dry_run;
  windows.reuse = arguments.reuse;
  return RunOverWindows(context, windows, store);
}

// A run that broke off is told of, and how it ended as an exit code.
int Ended(bool stopped, bool lossy) {
  if (stopped) {
    WriteMessage(
        "stopped; what was seen so far is stored, the same command "
        "goes on");
    return 128 + CaughtSignal();
  }
  return lossy ? kExitLoss : kExitOk;
}

void TellTroubles(const PacketRunReport& report) {
  for (const PacketCameraReport& camera : report.cameras) {
    RunReport of_camera;
    of_camera.models = {camera.run};
    of_camera.unread = camera.unread;
    TellTroubles(of_camera);
  }
}

absl::StatusOr<int> RunPackets(const Context& context,
                               const RunArguments& arguments,
                               const LookingModels& models, Store* store) {
  auto budget = ParseDecodeBudget(*arguments.decode_budget);
  if (!budget.ok()) return budget.status();
  if (models.networks.size() + models.programs.size() != 1) {
    return absl::InvalidArgumentError(
        "a decode budget is shared out for one model; give --model once");
  }
  PacketRunOptions options;
  options.budget = *budget;
  if (!models.networks.empty()) options.model = models.networks[0].get();
  if (!models.programs.empty()) {
    options.external_model = models.programs[0].get();
  }
  options.loss = ParseAnswerLoss(arguments.reuse.loss).value_or(options.loss);
  options.max_blind_ns =
      arguments.reuse.blind_ns.value_or(options.max_blind_ns);
  options.again = arguments.options.again;
  options.ranges = arguments.options.ranges;
  FrameProgress progress("run", context.no_progress, context.color, "packets");
  const auto report = RunWithinBudget(store, arguments.streams, options,
                                      progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("run");
    AddPacketRun(options, *report, &document);
    WriteJson(document);
  } else {
    WriteResult(PacketRunText(options, *report,
                              DescribeTerminal(1, context.color).color));
  }
  TellTroubles(*report);
  return Ended(report->stopped, report->lossy());
}

// One stream after the other, until one is stopped. With several, a document
// with one of each, and their names over their texts; one that fails does not
// keep the others from being run.
class StreamsRun {
 public:
  StreamsRun(const Context& context, const std::vector<std::string>& streams,
             const RunOptions& options, Store* store)
      : context_(context),
        streams_(streams),
        several_(streams.size() > 1),
        options_(options),
        store_(store) {}

  absl::StatusOr<int> Run() {
    for (const std::string& stream : streams_) {
      const auto known = store_->Describe(stream);  // before anything is run
      if (!known.ok()) return known.status();
    }
    for (const std::string& stream : streams_) {
      const auto report = RunOne(stream);
      if (report.ok()) {
        Tell(stream, *report);
      } else if (several_) {
        Fail(stream, report.status());
      } else {
        return report.status();
      }
      if (stopped_) break;
    }
    if (context_.json) WriteJson(document_);
    const int ended = Ended(stopped_, lossy_);
    return failed_ && !stopped_ ? kExitFailed : ended;
  }

 private:
  absl::StatusOr<RunReport> RunOne(const std::string& stream) {
    FrameProgress progress(several_ ? "run " + stream : "run",
                           context_.no_progress, context_.color, "looks");
    auto report =
        RunModels(store_, stream, options_, progress.callback(), StopFlag());
    progress.Clear();
    return report;
  }

  Json* Place() {
    return several_ ? &document_["streams"].emplace_back() : &document_;
  }

  void Tell(const std::string& stream, const RunReport& report) {
    if (context_.json) {
      AddRunReport(options_, stream, report, Place());
    } else {
      WriteResult(
          (several_ ? Printable(stream) + "\n" : "") +
          RunText(options_, report, DescribeTerminal(1, context_.color).color));
    }
    TellTroubles(report);
    lossy_ = lossy_ || report.lossy();
    stopped_ = report.stopped;
  }

  void Fail(const std::string& stream, const absl::Status& error) {
    failed_ = true;
    stopped_ = absl::IsCancelled(error);
    if (context_.json) {
      *Place() = {{"stream", stream}, {"error", std::string(error.message())}};
    }
    WriteMessage(ErrorLine(
        absl::Status(error.code(), absl::StrCat(stream, ": ", error.message())),
        "run"));
  }

  const Context& context_;
  const std::vector<std::string>& streams_;
  const bool several_;
  const RunOptions& options_;
  Store* const store_;
  Json document_ = Document("run");
  bool lossy_ = false, failed_ = false, stopped_ = false;
};

absl::StatusOr<int> RunRun(const Context& context, RunArguments arguments) {
  CatchInterrupts();
  auto store =
      OpenStore(context, arguments.options.dry_run ? StoreMode::kRead
                                                   : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  if (absl::Status s = CheckWindows(arguments, store->get()); !s.ok()) return s;
  if (HasWindows(store->get(), arguments.streams[0])) {
    return RunSeries(context, arguments, store->get());
  }
  if (arguments.only) {
    auto only = ParseQueryArgument(*arguments.only);
    if (!only.ok()) return only.status();
    arguments.options.only = *std::move(only);
  }
  if (arguments.moving) {
    arguments.options.moving.emplace().guess = arguments.guess;
  }
  auto reuse = ReuseOptionsOf(arguments.reuse);
  if (!reuse.ok()) return reuse.status();
  arguments.options.reuse = *std::move(reuse);
  if (arguments.range.from || arguments.range.to) {
    arguments.options.ranges = {arguments.range.range()};
  }
  const auto models = OpenChosen(arguments);
  if (!models.ok()) return models.status();
  if (arguments.decode_budget) {
    return RunPackets(context, arguments, models->there, store->get());
  }
  RunOptions options = arguments.options;
  for (const auto& model : models->there.networks) {
    options.models.push_back(model.get());
  }
  for (const auto& model : models->there.programs) {
    options.external_models.push_back(model.get());
  }
  for (const ModelDescription& model : models->absent) {
    options.absent_models.push_back(&model);
  }
  return StreamsRun(context, arguments.streams, options, store->get()).Run();
}

// What --max-error brings with it and means something here, too.
void AddBudgetOption(CLI::App* verb, std::optional<std::string>* budget) {
  CLI::Option* error = verb->get_option("--max-error");
  CLI::Option* option =
      verb->add_option(
              "--decode-budget", *budget,
              "Decode at most N pictures a round (a packet of each stream), "
              "or P% of all packets: those most worth a look, told from their "
              "sizes. The last answer is held for all others, and nothing "
              "checks how many are wrong; docs/REUSE_PACKETS.md")
          ->type_name("N|P%")
          ->excludes(error);
  for (const char* other :
       {"--every", "--only", "--moving", "--dry-run", "--offline"}) {
    option->excludes(verb->get_option(other));
  }
  for (const char* shared : {"--loss", "--blind-time"}) {
    verb->get_option(shared)->remove_needs(error);
  }
}

void CheckShared(const CLI::App& verb) {
  for (const char* shared : {"--loss", "--blind-time"}) {
    if (verb.count(shared) == 0 || verb.count("--max-error") > 0 ||
        verb.count("--decode-budget") > 0) {
      continue;
    }
    throw CLI::RequiresError(shared, "--max-error or --decode-budget");
  }
}

}  // namespace

void AddRun(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* verb = AddVerb(
      app, context, "run",
      "Run models over stored footage and store what they see; what they have "
      "looked at already is not looked at again",
      StoreNeed::kRequired,
      [context, arguments] { return RunRun(*context, *arguments); },
      [app] { CheckShared(*app->get_subcommand("run")); });
  RunOptions& options = arguments->options;
  verb->add_option("streams", arguments->streams,
                   "Cameras, one after the other, or one imu or series stream "
                   "for models of windows")
      ->type_name("STREAM...")
      ->required();
  verb->add_option("--model", arguments->models,
                   "Name of an added model, model.yaml, or a folder with one. "
                   "Again for each further model: frames are decoded once")
      ->allow_extra_args(false)
      ->type_name("MODEL")
      ->required();
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--every", options.every,
                   "Look at every N-th frame; tracks are linked over what is "
                   "between. A smaller N than before looks anew")
      ->check(CLI::Range(1, 100000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--window", arguments->window,
                   "Of an imu or series: samples of the model's rate that a "
                   "program is shown at once, in place of its card's")
      ->check(CLI::Range(8, 65536))
      ->type_name("N");
  verb->add_option("--hop", arguments->hop,
                   "Of an imu or series: a window every so many samples, in "
                   "place of the card's, or half a window")
      ->check(CLI::Range(1, 65536))
      ->type_name("N");
  AddRangeOptions(verb, &arguments->range);
  verb->add_option("--only", arguments->only,
                   "Look at frames alone that are shown in a clip of this "
                   "query, such as motion or 'car by 3fa9'; docs/QUERY.md")
      ->type_name("QUERY");
  CLI::Option* moving = verb->add_flag(
      "--moving", arguments->moving,
      "Look at frames alone in which something moves, or may; docs/MOTION.md");
  verb->add_flag("--guess", arguments->guess,
                 "Guess from the sizes of pictures what moves where ingest "
                 "did not look; else anything may")
      ->needs(moving);
  verb->add_flag("--again", options.again,
                 "Replace what these models said before");
  verb->add_flag("--dry-run", options.dry_run,
                 "Count what would be run and what reused, run nothing");
  AddReuseOptions(verb, &arguments->reuse);
  verb->add_flag("--offline", arguments->reuse.offline,
                 "Run no model: what is known of these frames and of frames "
                 "like them, and which have no answer");
  AddBudgetOption(verb, &arguments->decode_budget);
  verb->add_option("--threads", arguments->network.threads,
                   "Of the network runtime")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
}

}  // namespace fovea::cli
