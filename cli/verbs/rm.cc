// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea rm STREAM: takes a stream, or part of it, out of the store; its
// bytes are gone afterwards. Asks first.

#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/removal_plan.h"
#include "api/store.h"
#include "api/time_text.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct RmArguments {
  std::string stream;
  RangeArguments range;
  bool yes = false;
  bool dry_run = false;
};

std::string PlanText(const std::string& stream, const RemovalPlan& plan) {
  return absl::StrCat(
      stream, ": ", FormatCount(plan.samples), " samples in ",
      FormatCount(plan.chunks), " chunks, ", FormatBytes(plan.bytes), ", from ",
      FormatStreamTime(plan.from_ns), " to ", FormatStreamTime(plan.to_ns),
      plan.observations > 0
          ? ", and " + FormatCount(plan.observations, "observation")
          : "",
      plan.coarse.empty()
          ? ""
          : "; what it shares with " + absl::StrJoin(plan.coarse, ", ") +
                " is left in coarse quality alone");
}

Json PlanJson(const std::string& stream, const RemovalPlan& plan,
              bool dry_run) {
  Json document = Document("rm");
  document["stream"] = stream;
  document["dry_run"] = dry_run;
  document["plan"] = {{"chunks", plan.chunks},
                      {"samples", plan.samples},
                      {"bytes", plan.bytes},
                      {"from_ns", NanosecondsJson(plan.from_ns)},
                      {"to_ns", NanosecondsJson(plan.to_ns)},
                      {"observations", plan.observations},
                      {"coarse", plan.coarse}};
  return document;
}

// True once the user has agreed on a terminal.
bool Agreed(const std::string& plan) {
  std::cerr << "remove for good: " << Printable(plan) << "? [y/N] "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

absl::Status AskFirst(const RmArguments& arguments, const RemovalPlan& plan) {
  if (arguments.yes) return absl::OkStatus();
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("stream '", arguments.stream,
                     "': removing cannot be undone; say --yes (--dry-run "
                     "shows what would go)"));
  }
  if (Agreed(PlanText(arguments.stream, plan))) return absl::OkStatus();
  return absl::CancelledError(absl::StrCat("stream '", arguments.stream,
                                           "': kept; answer y to remove it"));
}

// Who keeps removed bytes on the disk, and until when at most.
std::string WaitText(const PruneReport& prune) {
  std::string text = "erasure waits for ";
  for (const ReaderHold& reader : prune.readers) {
    if (&reader != &prune.readers.front()) text += ", ";
    absl::StrAppend(&text, "reader pid ", reader.pid, " until ",
                    FormatRfc3339(reader.until_ns));
  }
  return text + "; the next process that writes the store then ends it";
}

Json WaitJson(const PruneReport& prune) {
  Json readers = Json::array();
  for (const ReaderHold& reader : prune.readers) {
    readers.push_back(
        {{"pid", reader.pid}, {"until_ns", NanosecondsJson(reader.until_ns)}});
  }
  return readers;
}

absl::StatusOr<int> Remove(const Context& context, Store* store,
                           const RmArguments& arguments,
                           const RemovalPlan& plan) {
  // From here on it is carried through: rows go in one commit, and bytes
  // must not outlive them.
  if (StopFlag()->load()) {
    return absl::CancelledError(absl::StrCat(
        "stream '", arguments.stream, "': interrupted; nothing was removed"));
  }
  const auto report = store->Remove(arguments.stream, arguments.range.range());
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = PlanJson(arguments.stream, plan, false);
    document["chunks_removed"] = report->chunks_removed;
    document["samples_removed"] = report->samples_removed;
    document["observations_removed"] = report->observations_removed;
    document["observations_trimmed"] = report->observations_trimmed;
    document["priors_removed"] = report->priors_removed;
    document["bytes_freed"] = report->prune.bytes_freed;
    document["segments_removed"] = report->prune.segments_removed;
    document["segments_waiting"] = report->prune.segments_waiting;
    document["waits_for"] = WaitJson(report->prune);
    WriteJson(document);
    return kExitOk;
  }
  WriteResult(absl::StrCat("removed ", FormatCount(report->samples_removed),
                           " samples in ", FormatCount(report->chunks_removed),
                           " chunks of ", arguments.stream, "; ",
                           FormatBytes(report->prune.bytes_freed), " freed\n"));
  if (!report->prune.readers.empty()) WriteMessage(WaitText(report->prune));
  return kExitOk;
}

absl::StatusOr<int> RunRm(const Context& context,
                          const RmArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(
      context, arguments.dry_run ? StoreMode::kRead : StoreMode::kWrite);
  if (!store.ok()) return store.status();
  const auto plan =
      PlanRemoval(store->get(), arguments.stream, arguments.range.range());
  if (!plan.ok()) return plan.status();
  if (!arguments.dry_run) {
    if (absl::Status s = AskFirst(arguments, *plan); !s.ok()) return s;
    return Remove(context, store->get(), arguments, *plan);
  }
  if (context.json) {
    WriteJson(PlanJson(arguments.stream, *plan, true));
  } else {
    WriteResult("would remove " + PlanText(arguments.stream, *plan) + "\n");
  }
  return kExitOk;
}

}  // namespace

void AddRm(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<RmArguments>();
  CLI::App* verb = AddVerb(
      app, context, "rm", "Remove a stream or part of it, bytes and all",
      StoreNeed::kRequired,
      [context, arguments] { return RunRm(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Name of the stream")
      ->type_name("STREAM")
      ->required();
  AddRangeOptions(verb, &arguments->range);
  verb->add_flag("--yes,-y", arguments->yes, "Do not ask");
  verb->add_flag("--dry-run", arguments->dry_run,
                 "Tell what would go, remove nothing");
}

}  // namespace fovea::cli
