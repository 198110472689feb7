// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea verify: proves that what is stored is whole, or says what is not.

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/engine.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "api/time_text.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct VerifyArguments {
  bool deep = false;
  bool repair = false;
  uint64_t bytes_per_second = 0;
};

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<VerifyReport> VerifyShown(const Context& context, Engine* engine,
                                         const VerifyArguments& arguments) {
  const Terminal terminal = DescribeTerminal(2, context.color);
  ProgressPrinter printer(terminal.interactive && !context.no_progress
                              ? ProgressMode::kBar
                              : ProgressMode::kNone,
                          terminal.columns, [](const std::string& bytes) {
                            std::fwrite(bytes.data(), 1, bytes.size(), stderr);
                          });
  RateEstimate rate;
  VerifyOptions options;
  options.deep = arguments.deep;
  options.repair = arguments.repair;
  options.bytes_per_second = arguments.bytes_per_second;
  options.stop = StopFlag();
  options.progress = [&](uint64_t done, uint64_t total) {
    const int64_t now = NowNs();
    ProgressState state;
    state.label = "verify";
    state.bytes_as_unit = true;
    state.done = static_cast<double>(done);
    state.total = static_cast<double>(total);
    rate.Update(now, state.done);
    state.remaining_ns = rate.RemainingNs(state.total);
    printer.Update(now, state);
  };
  auto report = engine->Verify(options);
  printer.Clear();
  return report;
}

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
  auto engine = OpenStore(
      context, arguments.repair ? StoreMode::kWrite : StoreMode::kRead);
  if (!engine.ok()) return engine.status();
  const auto report = VerifyShown(context, engine->get(), arguments);
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
