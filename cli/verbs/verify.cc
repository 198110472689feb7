// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea verify: proves that what is stored is whole, or says what is not.

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

struct VerifyArguments {
  bool deep = false;
  bool repair = false;
  uint64_t bytes_per_second = 0;
};

std::string ProblemLine(const StoreProblem& problem) {
  std::string line = problem.object;
  if (problem.offset > 0) absl::StrAppend(&line, " at ", problem.offset);
  return Printable(absl::StrCat(line, ": ", problem.what, "; ", problem.next));
}

std::string SummaryText(const VerifyReport& report, bool deep) {
  std::string text = absl::StrCat(
      report.problems.empty()
          ? "ok"
          : FormatCount(static_cast<int64_t>(report.problems.size()),
                        "problem"),
      ": ", FormatCount(report.chunks, "chunk"), ", ",
      FormatCount(report.rows, "row"), ", ",
      FormatBytes(static_cast<uint64_t>(report.bytes)), " in ",
      FormatCount(report.segments, "segment"), " checked",
      deep ? ", every payload read" : "; --deep also reads every payload");
  if (report.unreferenced_chunks > 0) {
    absl::StrAppend(&text, "; ",
                    FormatCount(report.unreferenced_chunks, "chunk"),
                    " nothing refers to (harmless)");
  }
  const int64_t leaks = report.leaked_references - report.leaks_mended;
  if (report.leaks_mended > 0) {
    absl::StrAppend(&text, "; ",
                    FormatCount(report.leaks_mended, "leaked reference"),
                    " dropped");
  }
  if (leaks > 0) {
    absl::StrAppend(&text, "; ", FormatCount(leaks, "leaked reference"),
                    " (space only; --repair drops them)");
  }
  return text + "\n";
}

absl::StatusOr<int> RunVerify(const Context& context,
                              const VerifyArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(
      context, arguments.repair ? StoreMode::kWrite : StoreMode::kReadFiles);
  if (!store.ok()) return store.status();
  absl::StatusOr<VerifyReport> report;
  {
    ByteProgress progress(context);
    VerifyOptions options;
    options.deep = arguments.deep;
    options.repair = arguments.repair;
    options.bytes_per_second = arguments.bytes_per_second;
    options.stop = StopFlag();
    options.progress = [&](uint64_t done, uint64_t total) {
      progress.Show("verify", done, total);
    };
    report = (*store)->Verify(options);
  }
  if (!report.ok()) return report.status();
  if (context.json) {
    Json document = Document("verify");
    document["deep"] = arguments.deep;
    document.update(VerifyJson(*report));
    WriteJson(document);
  } else {
    for (const StoreProblem& problem : report->problems) {
      WriteResult(ProblemLine(problem) + "\n");
    }
    WriteResult(SummaryText(*report, arguments.deep));
  }
  return report->problems.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void AddVerify(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* verb =
      AddVerb(app, context, "verify", "Check that what is stored is whole",
              StoreNeed::kRequired,
              [context, arguments] { return RunVerify(*context, *arguments); });
  verb->add_flag("--deep", arguments->deep,
                 "Also read every payload and decode every picture");
  verb->add_flag("--repair", arguments->repair,
                 "Drop references nobody holds; changes nothing else");
  AddSizeOption(verb, "--rate", &arguments->bytes_per_second,
                "Read no more than so much a second, such as 4MB");
}

}  // namespace fovea::cli
