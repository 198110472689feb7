// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea migrate: takes a store of an older format to the present one.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/migration.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

std::string ReportText(const MigrationReport& report, bool dry_run) {
  std::string text;
  if (report.presence_rows > 0) {
    text =
        absl::StrCat(report.presence_rows, " rows of the cross-stream index ",
                     dry_run ? "would be" : "were", " added\n");
  }
  if (report.from == report.to) {
    if (!text.empty()) return text;
    return absl::StrCat("store format ", report.to, ": nothing to do\n");
  }
  return absl::StrCat(
      "store format ", report.from, " ", dry_run ? "would become" : "became",
      " ", report.to, ": ", FormatBytes(report.segment_bytes),
      " of segments stay as they are, ", report.bytes_to_write,
      " bytes written; earlier releases cannot open it then\n", text);
}

absl::StatusOr<int> RunMigrate(const Context& context, bool dry_run) {
  const absl::StatusOr<MigrationReport> report =
      MigrateWithRows(context.store, ChunkStoreOptions(), dry_run);
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("migrate");
    document["dry_run"] = dry_run;
    document["from"] = report->from;
    document["to"] = report->to;
    document["segment_bytes"] = report->segment_bytes;
    document["bytes_to_write"] = report->bytes_to_write;
    document["index_rows"] = report->presence_rows;
    WriteJson(document);
  } else {
    WriteResult(ReportText(*report, dry_run));
  }
  return kExitOk;
}

}  // namespace

void AddMigrate(CLI::App* app, Context* context) {
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* verb =
      AddVerb(app, context, "migrate",
              "Take a store of an older release to the present format",
              StoreNeed::kRequired,
              [context, dry_run] { return RunMigrate(*context, *dry_run); });
  verb->add_flag("--dry-run", *dry_run, "Say what would be, change nothing");
}

}  // namespace fovea::cli
