// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea restore BACKUP DEST: a store out of a backup, read through before
// this says that it is good.

#include "api/restore.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/byte_progress.h"
#include "cli/interrupt.h"
#include "cli/report_json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct RestoreArguments {
  std::string backup;
  std::string target;
};

Json OutcomeJson(const RestoreArguments& arguments,
                 const RestoreOutcome& outcome) {
  Json document = Document("restore");
  document["backup"] = arguments.backup;
  document["target"] = arguments.target;
  document["sequence"] = outcome.restored.sequence;
  document["created_ns"] = NanosecondsJson(outcome.restored.created_ns);
  document["files"] = outcome.restored.files;
  document["bytes"] = outcome.restored.bytes;
  document["verify"] = VerifyJson(outcome.verified);
  return document;
}

void WriteOutcome(const RestoreArguments& arguments,
                  const RestoreOutcome& outcome) {
  for (const StoreProblem& problem : outcome.verified.problems) {
    WriteResult(Printable(absl::StrCat(problem.object, ": ", problem.what, "; ",
                                       problem.next)) +
                "\n");
  }
  const auto problems = static_cast<int64_t>(outcome.verified.problems.size());
  WriteResult(absl::StrCat(
      "restored commit ", outcome.restored.sequence, " into ", arguments.target,
      ": ", FormatBytes(outcome.restored.bytes), " in ",
      FormatCount(outcome.restored.files, "file"), ", every payload read, ",
      problems == 0 ? "ok" : FormatCount(problems, "problem"), "\n"));
}

absl::StatusOr<int> RunRestore(const Context& context,
                               const RestoreArguments& arguments) {
  CatchInterrupts();
  absl::StatusOr<RestoreOutcome> outcome;
  {
    ByteProgress progress(context);
    outcome = RestoreStore(
        arguments.backup, arguments.target,
        [&](const char* step, uint64_t done, uint64_t total) {
          progress.Show(step, done, total);
        },
        StopFlag());
  }
  if (!outcome.ok()) return outcome.status();
  if (context.json) {
    WriteJson(OutcomeJson(arguments, *outcome));
  } else {
    WriteOutcome(arguments, *outcome);
  }
  return outcome->verified.problems.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void AddRestore(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<RestoreArguments>();
  CLI::App* verb = AddVerb(
      app, context, "restore", "Make a store out of a backup, and verify it",
      StoreNeed::kOptional,
      [context, arguments] { return RunRestore(*context, *arguments); });
  verb->add_option("backup", arguments->backup, "Folder that backup wrote")
      ->type_name("BACKUP")
      ->required();
  verb->add_option("dest", arguments->target,
                   "Folder of the store to make: missing or empty")
      ->type_name("DEST")
      ->required();
}

}  // namespace fovea::cli
