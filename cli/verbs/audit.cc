// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea audit STREAM: how many runs of models were saved about a stream, and
// how many of the answers given instead were wrong at most.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/audit_log.h"
#include "api/decision_book.h"
#include "api/model_folder.h"
#include "api/original_audit.h"
#include "cli/model_text.h"
#include "cli/reuse_options.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct AuditArguments {
  std::string stream;
  std::string model;
  std::string folder = DefaultModelFolder();
  double confidence = 0.95;
  std::string loss;  // empty: as the answers were held and reused
  bool log = false;
  int64_t limit = 100;
  std::optional<uint64_t> from_index;
};

double Share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string Percent(int64_t part, int64_t whole) {
  return absl::StrFormat("%.1f %%", 100 * Share(part, whole));
}

std::string NameOf(const ModelId& model) {
  return model.name.empty() ? DigestText(model.digest).substr(0, 12)
                            : Printable(model.name);
}

const char* InputsText(InputKind kind) {
  switch (kind) {
    case InputKind::kFrame:
      return "frames";
    case InputKind::kRegion:
      return "regions";
    case InputKind::kWindow:
      break;
  }
  return "windows";
}

// Frames are what is usual.
std::string AskedText(const AuditedModel& model) {
  const std::string name = NameOf(model.model);
  return model.kind == InputKind::kFrame
             ? name
             : absl::StrCat(name, ", ", InputsText(model.kind));
}

Json TallyJson(const LoggedTally& tally) {
  return {{"given", tally.given},
          {"checks", tally.checks},
          {"caught", tally.caught},
          {"most_wrong", tally.most_wrong},
          {"bound", Share(tally.most_wrong, tally.given)}};
}

Json CountsJson(const AuditedModel& model) {
  Json counts = Json::object();
  for (size_t kind = 0; kind < kAuditedKinds; ++kind) {
    for (size_t cause = 0; cause < kAuditedCauses; ++cause) {
      const int64_t count = model.counts[kind][cause];
      if (count == 0) continue;
      counts[DecisionKindName(static_cast<DecisionKind>(kind))]
            [DecisionCauseName(static_cast<DecisionCause>(cause))] = count;
    }
  }
  return counts;
}

Json ModelJson(const AuditedModel& model) {
  return {{"model", model.model.name},
          {"digest", DigestText(model.model.digest)},
          {"asked_about", InputsText(model.kind)},
          {"first_index", model.first_index},
          {"last_index", model.last_index},
          {"inputs", model.inputs},
          {"runs", model.runs},
          {"failed", model.failed},
          {"gaps", model.gaps},
          {"warm_up_runs", model.warm_up_runs},
          {"unchecked", model.unchecked},
          {"all", TallyJson(model.all)},
          {"hold", TallyJson(model.hold)},
          {"reuse", TallyJson(model.reuse)},
          {"counts", CountsJson(model)}};
}

std::string ModelsText(const std::vector<AuditedModel>& models, bool color) {
  Table table({{"MODEL"},
               {"INPUTS", Align::kRight},
               {"SAVED", Align::kRight},
               {"AFTER WARM-UP", Align::kRight},
               {"HELD", Align::kRight},
               {"REUSED", Align::kRight},
               {"CHECKED", Align::kRight},
               {"WRONG", Align::kRight},
               {"AT MOST", Align::kRight}});
  for (const AuditedModel& model : models) {
    const int64_t given = model.all.given + model.unchecked;
    table.Add({AskedText(model), FormatCount(model.inputs),
               Percent(given, model.inputs),
               Percent(given, model.inputs - model.warm_up_runs),
               FormatCount(model.hold.given), FormatCount(model.reuse.given),
               FormatCount(model.all.checks), FormatCount(model.all.caught),
               model.all.given == 0
                   ? "-"
                   : Percent(model.all.most_wrong, model.all.given)});
  }
  return table.Render(color);
}

void TellRest(const std::vector<AuditedModel>& models) {
  for (const AuditedModel& model : models) {
    const std::string name = AskedText(model);
    if (model.failed > 0) {
      WriteMessage(absl::StrCat(name, ": ", FormatCount(model.failed, "run"),
                                " failed; there is no answer"));
    }
    if (model.gaps > 0) {
      WriteMessage(absl::StrCat(name, ": ", FormatCount(model.gaps, "input"),
                                " without an answer: the model was not there, "
                                "or had not looked yet"));
    }
    if (model.unchecked > 0) {
      WriteMessage(
          absl::StrCat(name, ": ", FormatCount(model.unchecked, "answer"),
                       " given offline or within a decode budget, which "
                       "no check covers and no bound"));
    }
  }
}

Json OriginalTallyJson(const OriginalTally& tally) {
  return {{"compared", tally.compared},
          {"differ", tally.differ},
          {"bound", tally.bound}};
}

Json OriginalsJson(const AuditedOriginals& originals) {
  return {{"model", originals.model.name},
          {"digest", DigestText(originals.model.digest)},
          {"share", originals.share},
          {"seed", originals.seed},
          {"loss", AnswerLossName(originals.loss)},
          {"first_index", originals.first_index},
          {"last_index", originals.last_index},
          {"kept", originals.kept},
          {"not_given", originals.not_given},
          {"unanswered", originals.unanswered},
          {"copied", originals.copied},
          {"all", OriginalTallyJson(originals.all)},
          {"coding", OriginalTallyJson(originals.coding)},
          {"reuse", OriginalTallyJson(originals.reuse)}};
}

// "3 of 120 differ, at most 6.3 % at 95 %".
std::string OriginalTallyText(const OriginalTally& tally, double confidence) {
  if (tally.compared == 0) return "none compared";
  return absl::StrCat(FormatCount(tally.differ), " of ",
                      FormatCount(tally.compared), " differ, at most ",
                      absl::StrFormat("%.1f %%", 100 * tally.bound), " at ",
                      absl::StrFormat("%g %%", 100 * confidence));
}

std::string OriginalsText(const AuditedOriginals& originals,
                          double confidence) {
  std::string rest;
  const auto add = [&rest](int64_t count, const char* what) {
    if (count > 0) absl::StrAppend(&rest, "; ", FormatCount(count), what);
  };
  add(originals.not_given, " not looked at");
  add(originals.unanswered, " without an answer");
  add(originals.copied, " copied from equal pictures");
  FactList facts;
  facts.Add(NameOf(originals.model),
            absl::StrCat(FormatCount(originals.kept, "original"), " kept by ",
                         AnswerLossName(originals.loss), rest));
  facts.Add("against the original",
            OriginalTallyText(originals.all, confidence));
  facts.Add("coding alone", OriginalTallyText(originals.coding, confidence));
  facts.Add("held, reused", OriginalTallyText(originals.reuse, confidence));
  return facts.Render();
}

Json DecisionJson(const DecidedInput& input) {
  const Decision& decision = input.decision;
  return {{"index", input.index},
          {"region", input.region},
          {"asked_about", InputsText(input.kind)},
          {"model", DigestText(input.model)},
          {"kind", DecisionKindName(decision.kind)},
          {"cause", DecisionCauseName(decision.cause)},
          {"checked", decision.shadowed},
          {"wrong", decision.wrong},
          {"reference_stream", decision.reference_stream},
          {"reference_index", decision.reference_index},
          {"distance", decision.distance},
          {"check_probability", decision.check_probability},
          {"threshold_version", decision.threshold_version}};
}

const char* CheckText(const Decision& decision) {
  if (!decision.shadowed) return "";
  if (decision.kind == DecisionKind::kRunFailed) return "failed";
  return decision.wrong ? "wrong" : "right";
}

void AddDecision(const DecidedInput& input, Table* table) {
  const Decision& decision = input.decision;
  const bool compared = decision.cause == DecisionCause::kGate ||
                        decision.cause == DecisionCause::kCache;
  const std::string region =
      input.region == 0 ? "" : absl::StrCat(" region ", input.region);
  table->Add({FormatCount(static_cast<int64_t>(input.index)) + region,
              DecisionKindName(decision.kind),
              DecisionCauseName(decision.cause),
              compared ? absl::StrCat(decision.reference_index) : "",
              compared ? absl::StrFormat("%.2f", decision.distance) : "",
              CheckText(decision)});
}

absl::Status WriteLog(const Context& context, const AuditArguments& arguments,
                      Store* store, const DecisionQuery& query) {
  Json entries = Json::array();
  Table table({{"INDEX", Align::kRight},
               {"DECISION"},
               {"CAUSE"},
               {"REFERENCE", Align::kRight},
               {"DISTANCE", Align::kRight},
               {"CHECK"}});
  int64_t left = arguments.limit;
  const absl::Status read =
      ReadDecisions(store->chunks(), query, [&](const DecidedInput& input) {
        if (left-- <= 0) return false;
        if (context.json) {
          entries.push_back(DecisionJson(input));
        } else {
          AddDecision(input, &table);
        }
        return true;
      });
  if (!read.ok()) return read;
  if (context.json) {
    Json document = Document("audit");
    document["stream"] = arguments.stream;
    document["decisions"] = std::move(entries);
    document["more_follow"] = left < 0;
    WriteJson(document);
  } else {
    WriteResult(table.Render(DescribeTerminal(1, context.color).color));
    if (left < 0) {
      WriteMessage("more follow; --from-index and --limit choose");
    }
  }
  return absl::OkStatus();
}

void WriteTexts(const std::vector<AuditedModel>& models,
                const std::vector<AuditedOriginals>& originals,
                const Context& context, double confidence) {
  std::string text;
  if (!models.empty()) {
    text = ModelsText(models, DescribeTerminal(1, context.color).color);
  }
  for (const AuditedOriginals& of_model : originals) {
    absl::StrAppend(&text, text.empty() ? "" : "\n",
                    OriginalsText(of_model, confidence));
  }
  WriteResult(text);
  if (models.empty()) {
    WriteMessage("nothing was held or reused; 'fovea run --max-error' does");
  }
  TellRest(models);
}

absl::StatusOr<int> RunAudit(const Context& context,
                             const AuditArguments& arguments) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto stream = (*store)->Describe(arguments.stream);
  if (!stream.ok()) return stream.status();
  AuditQuery query;
  query.stream = stream->id;
  query.confidence = arguments.confidence;
  query.first_index = arguments.from_index.value_or(0);
  if (!arguments.model.empty()) {
    const auto files = ReadModel(arguments.model, arguments.folder);
    if (!files.ok()) return files.status();
    query.model = files->digest;
  }
  if (arguments.log) {
    const absl::Status written =
        WriteLog(context, arguments, store->get(),
                 {query.stream, query.model, query.first_index, UINT64_MAX});
    if (!written.ok()) return written;
    return kExitOk;
  }
  const auto models = ReadAudit((*store)->chunks(), query);
  if (!models.ok()) return models.status();
  const auto originals =
      ReadOriginals((*store)->chunks(), query, ParseAnswerLoss(arguments.loss));
  if (!originals.ok()) return originals.status();
  if (context.json) {
    Json document = Document("audit");
    document["stream"] = arguments.stream;
    document["confidence"] = arguments.confidence;
    document["models"] = Json::array();
    for (const AuditedModel& model : *models) {
      document["models"].push_back(ModelJson(model));
    }
    document["originals"] = Json::array();
    for (const AuditedOriginals& of_model : *originals) {
      document["originals"].push_back(OriginalsJson(of_model));
    }
    WriteJson(document);
    return kExitOk;
  }
  WriteTexts(*models, *originals, context, arguments.confidence);
  return kExitOk;
}

}  // namespace

void AddAudit(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<AuditArguments>();
  CLI::App* verb = AddVerb(
      app, context, "audit",
      "How many runs of models were saved, and how many answers given instead "
      "were wrong at most",
      StoreNeed::kRequired,
      [context, arguments] { return RunAudit(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Camera, imu or series stream")
      ->type_name("STREAM")
      ->required();
  verb->add_option("--model", arguments->model,
                   "Of this one alone: name of an added model, model.yaml, or "
                   "a folder with one")
      ->type_name("MODEL");
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  verb->add_option("--confidence", arguments->confidence,
                   "With which no more are wrong")
      ->check(ConfidenceCheck())
      ->capture_default_str();
  verb->add_option("--loss", arguments->loss,
                   "What makes an answer another one than that about the "
                   "original (default: as answers were held and reused)")
      ->check(CLI::IsMember({"labels", "counts", "boxes"}));
  CLI::Option* log = verb->add_flag("--log", arguments->log,
                                    "Each decision by itself, and its reason");
  verb->add_option("--from-index", arguments->from_index,
                   "From this frame or sample on")
      ->type_name("N");
  verb->add_option("--limit", arguments->limit, "Of the decisions listed")
      ->check(CLI::PositiveNumber)
      ->needs(log)
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace fovea::cli
