// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea backup DEST: what the store holds, in another folder; while it is
// written, too. A second one into the same folder adds what is new.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/store.h"
#include "cli/byte_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct BackupArguments {
  std::string target;
  BackupOptions options;
};

Json ReportJson(const BackupArguments& arguments, const BackupReport& report) {
  Json document = Document("backup");
  document["target"] = arguments.target;
  document["sequence"] = report.sequence;
  document["files"] = report.files;
  document["bytes"] = report.bytes;
  document["bytes_written"] = report.bytes_written;
  document["files_copied"] = report.files_copied;
  document["files_linked"] = report.files_linked;
  document["files_removed"] = report.files_removed;
  document["bytes_removed"] = report.bytes_removed;
  return document;
}

std::string ReportText(const BackupArguments& arguments,
                       const BackupReport& report) {
  std::string text = absl::StrCat(
      "backed up commit ", report.sequence, " to ", arguments.target, ": ",
      FormatBytes(report.bytes), " in ", FormatCount(report.files, "file"),
      ", ", FormatBytes(report.bytes_written), " written, ",
      FormatCount(report.files_linked), " linked");
  if (report.files_removed > 0) {
    absl::StrAppend(&text, ", ", FormatCount(report.files_removed, "old file"),
                    " of ", FormatBytes(report.bytes_removed), " removed");
  }
  return text + "\n";
}

absl::StatusOr<int> RunBackup(const Context& context,
                              const BackupArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  absl::StatusOr<BackupReport> report;
  {
    ByteProgress progress(context);
    report = (*store)->Backup(
        arguments.target, arguments.options,
        [&](uint64_t done, uint64_t total) {
          progress.Show("backup", done, total);
        },
        StopFlag());
  }
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ReportJson(arguments, *report));
    return kExitOk;
  }
  WriteResult(ReportText(arguments, *report));
  if (report->files_linked > 0) {
    WriteMessage(
        "linked files are one with the store's: they outlive it, but not its "
        "disk (--copy makes them their own)");
  }
  return kExitOk;
}

}  // namespace

void AddBackup(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<BackupArguments>();
  CLI::App* verb =
      AddVerb(app, context, "backup", "Back a store up into another folder",
              StoreNeed::kRequired,
              [context, arguments] { return RunBackup(*context, *arguments); });
  verb->add_option("dest", arguments->target,
                   "New folder, or one with earlier backups of this store: "
                   "only what is new is added")
      ->type_name("DEST")
      ->required();
  verb->add_flag("--copy", arguments->options.copy,
                 "Copy all, where a link to the store's file would do");
  verb->add_flag("--prune", arguments->options.prune,
                 "Then remove what only earlier backups needed");
}

}  // namespace fovea::cli
