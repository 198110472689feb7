// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea cache revalidate: whether the answers of a model before its upgrade
// may stand for those of the one after.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/cache_report.h"
#include "api/model_folder.h"
#include "api/revalidation.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/reuse_options.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct RevalidateArguments {
  std::string from, model;
  std::string folder = DefaultModelFolder();
  std::string loss = "counts";
  RevalidationOptions options;
};

std::string Percent(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

Json StreamJson(const RevalidatedStream& stream) {
  Json json = {{"stream", stream.name},
               {"answers", stream.answers},
               {"known", stream.known},
               {"gone", stream.gone},
               {"damaged", stream.damaged},
               {"sampled", stream.sampled},
               {"differ", stream.differ},
               {"unread", stream.unread},
               {"most_differ", stream.most_differ},
               {"bound", stream.bound},
               {"passed", stream.passed},
               {"carried", stream.carried},
               {"replaced", stream.replaced}};
  if (!stream.damage.ok()) {
    json["damage"] = std::string(stream.damage.message());
  }
  if (!stream.trouble.ok()) {
    json["trouble"] = std::string(stream.trouble.message());
  }
  return json;
}

Json ReportJson(const RevalidateArguments& arguments,
                const RevalidationReport& report) {
  const RevalidationOptions& options = arguments.options;
  const ModelId& model = options.model.description().id;
  Json document = Document("cache");
  document["from"] = DigestText(options.from);
  document["model"] = model.name;
  document["digest"] = DigestText(model.digest);
  document["dry_run"] = options.dry_run;
  document["loss"] = arguments.loss;
  document["seed"] = options.seed;
  document["max_error"] = options.max_error;
  document["confidence"] = options.confidence;
  document["confidence_each"] = report.each;
  document["imported"] = report.imported;
  document["streams"] = Json::array();
  for (const RevalidatedStream& stream : report.streams) {
    document["streams"].push_back(StreamJson(stream));
  }
  return document;
}

std::string CarriedText(const RevalidatedStream& stream, bool dry_run) {
  if (!stream.passed) return "none";
  return FormatCount(dry_run ? stream.answers - stream.sampled
                             : stream.carried);
}

std::string ReportText(const RevalidateArguments& arguments,
                       const RevalidationReport& report, bool color) {
  const bool dry_run = arguments.options.dry_run;
  Table table({{"STREAM"},
               {"OLD ANSWERS", Align::kRight},
               {"SAMPLED", Align::kRight},
               {"DIFFER", Align::kRight},
               {"AT MOST", Align::kRight},
               {dry_run ? "WOULD BE CARRIED" : "CARRIED OVER", Align::kRight},
               {"REPLACED", Align::kRight}});
  for (const RevalidatedStream& stream : report.streams) {
    table.Add({Printable(stream.name), FormatCount(stream.answers),
               FormatCount(stream.sampled), FormatCount(stream.differ),
               stream.answers == 0 ? "-" : Percent(stream.bound),
               CarriedText(stream, dry_run), FormatCount(stream.replaced)});
  }
  return table.Render(color);
}

// What is claimed, and what was left out.
void TellRest(const RevalidationOptions& options,
              const RevalidationReport& report) {
  WriteMessage(absl::StrCat(
      "of all old answers of a stream no more differ than AT MOST, at ",
      absl::StrFormat("%.4g %%", 100 * report.each),
      report.streams.size() > 1
          ? absl::StrCat(" each: of all streams at once at ",
                         absl::StrFormat("%.4g %%", 100 * options.confidence))
          : ""));
  for (const RevalidatedStream& stream : report.streams) {
    const auto tell = [&](int64_t count, const char* what) {
      if (count == 0) return;
      WriteMessage(absl::StrCat(Printable(stream.name), ": ",
                                FormatCount(count, "old answer"), what));
    };
    if (!stream.passed) {
      WriteMessage(absl::StrCat(
          Printable(stream.name), ": nothing carried over, at most ",
          Percent(options.max_error), " may differ; ",
          stream.differ == 0 ? "more --samples tell more"
                             : "the model has to be asked anew"));
    }
    tell(stream.known,
         " about frames of which the model has one of its own, left as they "
         "are");
    tell(stream.gone, " about frames that are not stored, left as they are");
  }
  if (report.imported > 0) {
    WriteMessage(absl::StrCat(FormatCount(report.imported, "old answer"),
                              " of other stores, whose frames are not here: "
                              "never carried over"));
  }
}

void TellTroubles(const RevalidationReport& report) {
  for (const RevalidatedStream& stream : report.streams) {
    const auto tell = [](const absl::Status& status, int64_t count,
                         const char* what) {
      if (status.ok()) return;
      WriteMessage(ErrorLine(
          WithNextStep(status, absl::StrCat(FormatCount(count), what)),
          "cache revalidate"));
    };
    tell(stream.damage, stream.damaged,
         " such in all, passed over; 'fovea doctor --rebuild'");
    tell(stream.trouble, stream.unread,
         " sampled frames taken as different; 'fovea verify'");
  }
}

absl::StatusOr<int> RunRevalidate(const Context& context,
                                  RevalidateArguments arguments) {
  CatchInterrupts();
  RevalidationOptions& options = arguments.options;
  auto store = OpenStore(
      context, options.dry_run ? StoreMode::kRead : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  const auto files = ReadModel(arguments.model, arguments.folder);
  if (!files.ok()) return files.status();
  const auto cached = ListCachedModels(store->get());
  if (!cached.ok()) return cached.status();
  const auto from = FindCachedModel(*cached, arguments.from, files->digest);
  if (!from.ok()) return from.status();
  options.from = *from;
  const auto models =
      OpenLookingModels({arguments.model}, arguments.folder, NetworkOptions());
  if (!models.ok()) return models.status();
  if (!models->networks.empty()) {
    options.model.network = models->networks[0].get();
  } else {
    options.model.program = models->programs[0].get();
  }
  options.loss = ParseAnswerLoss(arguments.loss).value_or(options.loss);
  FrameProgress progress("revalidate", context.no_progress, context.color,
                         "runs");
  const auto report =
      Revalidate(store->get(), options, progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ReportJson(arguments, *report));
  } else {
    WriteResult(ReportText(arguments, *report,
                           DescribeTerminal(1, context.color).color));
    TellRest(options, *report);
  }
  TellTroubles(*report);
  return report->lossy() ? kExitLoss : kExitOk;
}

}  // namespace

void AddCacheRevalidate(CLI::App* cache, Context* context) {
  auto arguments = std::make_shared<RevalidateArguments>();
  CLI::App* verb = AddVerb(
      cache, context, "revalidate",
      "After a model's upgrade: ask the new one about a sample of the old "
      "answers' frames, and carry the others over where few enough can differ",
      StoreNeed::kRequired,
      [context, arguments] { return RunRevalidate(*context, *arguments); });
  RevalidationOptions& options = arguments->options;
  verb->add_option("streams", options.streams,
                   "Camera streams (default: all with old answers)")
      ->type_name("STREAM");
  verb->add_option("--from", arguments->from,
                   "Whose answers: name or digest as 'cache stats' has them")
      ->type_name("MODEL|DIGEST")
      ->required();
  verb->add_option("--model", arguments->model,
                   "Who is to have them: name of an added model, model.yaml, "
                   "or a folder with one")
      ->type_name("MODEL")
      ->required();
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--max-error", options.max_error,
                   "Of a stream's old answers at most this share may differ")
      ->check(ShareCheck())
      ->type_name("SHARE")
      ->capture_default_str();
  verb->add_option("--confidence", options.confidence,
                   "With which that is so, of all streams at once")
      ->check(ConfidenceCheck())
      ->type_name("P")
      ->capture_default_str();
  verb->add_option("--loss", arguments->loss,
                   "What makes an answer another one: other labels, other "
                   "counts of them, or boxes of an F1 below 0.9")
      ->check(CLI::IsMember({"labels", "counts", "boxes"}))
      ->capture_default_str();
  verb->add_option("--samples", options.samples,
                   "Frames of each stream that the new model is run on")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--seed", options.seed,
                   "Of the choice; trying others until one passes claims "
                   "nothing")
      ->capture_default_str();
  verb->add_flag("--dry-run", options.dry_run,
                 "Ask and tell, carry nothing over");
}

}  // namespace fovea::cli
