// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea cache stats|why|prune|export|import: answers of models that are kept
// to be given again. cache_revalidate.cc adds one more.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/cache_report.h"
#include "api/model_folder.h"
#include "api/result_file.h"
#include "api/time_text.h"
#include "cli/error_text.h"
#include "cli/interrupt.h"
#include "cli/model_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct CacheArguments {
  std::string model;
  std::string folder = DefaultModelFolder();
  std::string stream;
  std::string address;  // STREAM@INDEX
  uint64_t index = 0;   // of it
  std::string file;
  bool imported = false, unused = false, dry_run = false;
  std::optional<int64_t> before_ns;
};

absl::StatusOr<std::optional<ModelDigest>> DigestOf(
    const CacheArguments& arguments) {
  if (arguments.model.empty()) return std::nullopt;
  const auto files = ReadModel(arguments.model, arguments.folder);
  if (!files.ok()) return files.status();
  return files->digest;
}

absl::StatusOr<int> RunStats(const Context& context) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto models = ListCachedModels(store->get());
  if (!models.ok()) return models.status();
  if (context.json) {
    Json document = Document("cache");
    document["models"] = Json::array();
    for (const CachedModel& model : *models) {
      document["models"].push_back(
          {{"digest", DigestText(model.digest)},
           {"name", model.name},
           {"results", model.results},
           {"imported", model.imported},
           {"carried", model.carried},
           {"originals", model.originals},
           {"streams", model.streams},
           {"bytes", model.bytes},
           {"uses", model.uses},
           {"saved_ns", NanosecondsJson(model.saved_ns)}});
    }
    WriteJson(document);
    return kExitOk;
  }
  if (models->empty()) {
    WriteMessage("no answers are kept; 'fovea run --max-error' keeps them");
    return kExitOk;
  }
  Table table({{"MODEL"},
               {"DIGEST"},
               {"ANSWERS", Align::kRight},
               {"IMPORTED", Align::kRight},
               {"CARRIED", Align::kRight},
               {"ORIGINALS", Align::kRight},
               {"STREAMS", Align::kRight},
               {"BYTES", Align::kRight},
               {"GIVEN AGAIN", Align::kRight},
               {"TIME SAVED", Align::kRight}});
  for (const CachedModel& model : *models) {
    table.Add({model.name.empty() ? "-" : Printable(model.name),
               DigestText(model.digest).substr(0, 12),
               FormatCount(model.results), FormatCount(model.imported),
               FormatCount(model.carried), FormatCount(model.originals),
               FormatCount(model.streams), FormatBytes(model.bytes),
               FormatCount(model.uses), FormatDuration(model.saved_ns)});
  }
  WriteResult(table.Render(DescribeTerminal(1, context.color).color));
  return kExitOk;
}

// Takes "door@120" apart.
void SettleAddress(CacheArguments* arguments) {
  const size_t at = arguments->address.rfind('@');
  if (at == std::string::npos ||
      !absl::SimpleAtoi(arguments->address.substr(at + 1), &arguments->index)) {
    throw CLI::ValidationError(absl::StrCat("'", arguments->address, "'"),
                               "expected STREAM@INDEX, such as door@120");
  }
  arguments->stream = arguments->address.substr(0, at);
}

absl::StatusOr<int> RunWhy(const Context& context,
                           const CacheArguments& arguments) {
  const auto files = ReadModel(arguments.model, arguments.folder);
  if (!files.ok()) return files.status();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto why = ExplainCache(store->get(), arguments.stream, arguments.index,
                                DescriptionOf(*files));
  if (!why.ok()) return why.status();
  if (context.json) {
    Json document = Document("cache");
    document["frame"] = arguments.address;
    document["why"] = *why;
    WriteJson(document);
  } else {
    WriteResult(absl::StrCat(*why, "\n"));
  }
  return kExitOk;
}

absl::StatusOr<int> RunPrune(const Context& context,
                             const CacheArguments& arguments) {
  CatchInterrupts();
  const auto digest = DigestOf(arguments);
  if (!digest.ok()) return digest.status();
  auto store = OpenStore(
      context, arguments.dry_run ? StoreMode::kRead : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  CachePruneOptions options;
  options.model = *digest;
  options.unused = arguments.unused;
  options.before_ns = arguments.before_ns;
  options.dry_run = arguments.dry_run;
  if (arguments.imported) options.stream = 0;
  if (!arguments.stream.empty()) {
    const auto stream = (*store)->Describe(arguments.stream);
    if (!stream.ok()) return stream.status();
    options.stream = stream->id;
  }
  const auto pruned = PruneCache(store->get(), options, StopFlag());
  if (!pruned.ok()) return pruned.status();
  if (context.json) {
    Json document = Document("cache");
    document["dry_run"] = arguments.dry_run;
    document["results"] = pruned->results;
    document["bytes"] = pruned->bytes;
    WriteJson(document);
    return kExitOk;
  }
  FactList facts;
  facts.Add(arguments.dry_run ? "would go" : "gone",
            absl::StrCat(FormatCount(pruned->results, "answer"), ", ",
                         FormatBytes(pruned->bytes)));
  WriteResult(facts.Render());
  return kExitOk;
}

absl::StatusOr<int> RunExport(const Context& context,
                              const CacheArguments& arguments) {
  CatchInterrupts();
  const auto digest = DigestOf(arguments);
  if (!digest.ok()) return digest.status();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  ResultExportOptions options;
  if (*digest) options.models = {**digest};
  if (!arguments.stream.empty()) {
    const auto stream = (*store)->Describe(arguments.stream);
    if (!stream.ok()) return stream.status();
    options.streams = {stream->id};
  }
  options.origin = std::filesystem::path(context.store).filename().string();
  options.stop = StopFlag();
  const auto report =
      ExportResults((*store)->chunks(), arguments.file, options);
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("cache");
    document["file"] = arguments.file;
    document["results"] = report->results;
    document["models"] = report->models;
    document["bytes"] = report->bytes;
    WriteJson(document);
    return kExitOk;
  }
  FactList facts;
  facts.Add("exported",
            absl::StrCat(FormatCount(report->results, "answer"), " of ",
                         FormatCount(report->models, "model"), ", ",
                         FormatBytes(report->bytes)));
  WriteResult(facts.Render());
  return kExitOk;
}

absl::StatusOr<int> RunImport(const Context& context,
                              const CacheArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kWrite);
  if (!store.ok()) return store.status();
  ResultImportOptions options;
  options.stop = StopFlag();
  const auto report =
      ImportResults((*store)->chunks(), arguments.file, options);
  if (absl::IsDataLoss(report.status())) {
    return WithNextStep(report.status(),
                        "'fovea cache export' writes such files");
  }
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("cache");
    document["file"] = arguments.file;
    document["origin"] = report->origin;
    document["results"] = report->results;
    document["imported"] = report->imported;
    document["known"] = report->known;
    document["damaged"] = report->damaged;
    WriteJson(document);
  } else {
    FactList facts;
    facts.Add("imported",
              absl::StrCat(FormatCount(report->imported, "answer"),
                           report->origin.empty() ? "" : " of ",
                           Printable(report->origin), ", ",
                           FormatCount(report->known), " known already"));
    WriteResult(facts.Render());
  }
  if (report->damage.ok()) return kExitOk;
  WriteMessage(ErrorLine(
      WithNextStep(report->damage,
                   absl::StrCat(FormatCount(report->damaged, "record"),
                                " passed over, the rest is imported; export "
                                "the file again")),
      "cache import"));
  return kExitLoss;
}

void AddModelOptions(CLI::App* verb, CacheArguments* arguments) {
  verb->add_option("--model", arguments->model,
                   "Name of an added model, model.yaml, or a folder with one")
      ->type_name("MODEL");
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
}

}  // namespace

void AddCache(CLI::App* app, Context* context) {
  CLI::App* cache = app->add_subcommand(
      "cache", "Answers of models that are kept to be given again");
  cache->require_subcommand(1);
  auto arguments = std::make_shared<CacheArguments>();
  AddVerb(cache, context, "stats",
          "Of each model: answers kept, bytes, how often given, time saved",
          StoreNeed::kRequired, [context] { return RunStats(*context); });

  CLI::App* why = AddVerb(
      cache, context, "why",
      "What is known of frames like this one, and why it is given or not",
      StoreNeed::kRequired,
      [context, arguments] { return RunWhy(*context, *arguments); },
      [arguments] { SettleAddress(arguments.get()); });
  why->add_option("frame", arguments->address, "Frame of a camera")
      ->type_name("STREAM@INDEX")
      ->required();
  AddModelOptions(why, arguments.get());
  why->get_option("--model")->required();

  CLI::App* prune = AddVerb(
      cache, context, "prune",
      "Forget answers; what was observed stays. Without options all of them",
      StoreNeed::kRequired,
      [context, arguments] { return RunPrune(*context, *arguments); });
  AddModelOptions(prune, arguments.get());
  CLI::Option* stream =
      prune->add_option("--stream", arguments->stream, "About this stream")
          ->type_name("STREAM");
  prune->add_flag("--imported", arguments->imported, "Those of other stores")
      ->excludes(stream);
  prune->add_flag("--unused", arguments->unused, "Never given again");
  AddTimeOption(prune, "--before", &arguments->before_ns,
                "About footage before this time");
  prune->add_flag("--dry-run", arguments->dry_run, "Count only");

  CLI::App* save = AddVerb(
      cache, context, "export", "Write answers to a file, for another store",
      StoreNeed::kRequired,
      [context, arguments] { return RunExport(*context, *arguments); });
  save->add_option("file", arguments->file, "File to write")
      ->type_name("FILE")
      ->required();
  AddModelOptions(save, arguments.get());
  save->add_option("--stream", arguments->stream, "About this stream alone")
      ->type_name("STREAM");

  CLI::App* load = AddVerb(
      cache, context, "import", "Take in answers that another store exported",
      StoreNeed::kRequired,
      [context, arguments] { return RunImport(*context, *arguments); });
  load->add_option("file", arguments->file, "File to read")
      ->type_name("FILE")
      ->required();
  AddCacheRevalidate(cache, context);
}

}  // namespace fovea::cli
