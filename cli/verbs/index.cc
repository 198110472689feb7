// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea index rebuild: the index of labels over all streams, made again from
// the observations. fovea index join: small packs of observations made into
// larger ones.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/join_packs.h"
#include "api/store.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct IndexArguments {
  bool check = false;
};

Json ReportJson(const IndexArguments& arguments, const PresenceReport& report) {
  Json document = Document("index");
  document["check"] = arguments.check;
  document["rows"] = report.rows;
  document["missing"] = report.missing;
  document["wrong"] = report.wrong;
  document["stale"] = report.stale;
  document["unreadable"] = report.unreadable;
  return document;
}

void ReportText(const IndexArguments& arguments, const PresenceReport& report) {
  FactList facts;
  facts.Add("rows", FormatCount(report.rows) + " of observations");
  facts.Add("missing", FormatCount(report.missing));
  facts.Add("wrong", FormatCount(report.wrong));
  facts.Add("stale", FormatCount(report.stale));
  if (report.unreadable > 0) {
    facts.Add("unreadable",
              FormatCount(report.unreadable) + "; 'fovea verify' names them");
  }
  WriteResult(facts.Render());
  if (report.faults() == 0) {
    WriteMessage("the index says what the observations do");
  } else if (arguments.check) {
    WriteMessage("'fovea index rebuild' puts it right");
  } else {
    WriteMessage("put right");
  }
}

absl::StatusOr<int> RunRebuild(const Context& context,
                               const IndexArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(
      context, arguments.check ? StoreMode::kRead : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  const auto report = (*store)->RebuildIndex(
      arguments.check, [](int64_t) { return !StopFlag()->load(); });
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ReportJson(arguments, *report));
  } else {
    ReportText(arguments, *report);
  }
  const bool bad =
      report->unreadable > 0 || (arguments.check && report->faults() > 0);
  return bad ? kExitFailed : kExitOk;
}

absl::StatusOr<int> RunJoin(const Context& context) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kWrite);
  if (!store.ok()) return store.status();
  const auto report = JoinAllPacks((*store)->chunks(), StopFlag());
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("index");
    document["rows"] = report->rows;
    document["joined"] = report->joined;
    document["packs"] = report->packs;
    WriteJson(document);
    return kExitOk;
  }
  FactList facts;
  facts.Add("rows", FormatCount(report->rows) + " of observations");
  facts.Add("joined", absl::StrCat(FormatCount(report->joined), " into ",
                                   FormatCount(report->packs)));
  WriteResult(facts.Render());
  return kExitOk;
}

}  // namespace

void AddIndex(CLI::App* app, Context* context) {
  CLI::App* index =
      app->add_subcommand("index", "Look after the index of observations");
  index->require_subcommand(1);
  auto arguments = std::make_shared<IndexArguments>();
  CLI::App* verb = AddVerb(
      index, context, "rebuild",
      "Make the index of labels over all streams anew from observations",
      StoreNeed::kRequired,
      [context, arguments] { return RunRebuild(*context, *arguments); });
  verb->add_flag("--check", arguments->check,
                 "Compare only; exit with 1 where it differs");
  AddVerb(index, context, "join",
          "Join small packs of observations, as live ingests leave them",
          StoreNeed::kRequired, [context] { return RunJoin(*context); });
}

}  // namespace fovea::cli
