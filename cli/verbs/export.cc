// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea export STREAM -o FILE: a stream, or part of it, as a standard file.

#include <memory>
#include <string>

#include "api/store.h"
#include "api/time_text.h"
#include "cli/interrupt.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ExportArguments {
  std::string stream;
  RangeArguments range;
  bool original = false;
  std::string output;
};

Json ExportJson(const ExportArguments& arguments, const ExportReport& report) {
  Json document = Document("export");
  document["stream"] = arguments.stream;
  document["path"] = arguments.output;
  document["samples"] = report.samples;
  document["bytes"] = report.bytes;
  document["from_ns"] = NanosecondsJson(report.covered.from_ns);
  document["to_ns"] = NanosecondsJson(report.covered.to_ns);
  return document;
}

absl::StatusOr<int> RunExport(const Context& context,
                              const ExportArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto stream = (*store)->Describe(arguments.stream);
  if (!stream.ok()) return stream.status();
  const auto report =
      (*store)->Export(arguments.stream, arguments.range.range(),
                       arguments.original, arguments.output, StopFlag());
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ExportJson(arguments, *report));
    return kExitOk;
  }
  const TimeRange covered = report->covered;
  FactList facts;
  facts.Add("wrote", arguments.output);
  facts.Add(SampleNoun(stream->description.kind), FormatCount(report->samples));
  facts.Add("bytes", FormatBytes(report->bytes));
  if (report->samples > 0) {
    facts.Add("covers", FormatStreamTime(covered.from_ns) + " to " +
                            FormatStreamTime(covered.to_ns));
  }
  WriteResult(facts.Render());
  return kExitOk;
}

}  // namespace

void AddExport(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* verb =
      AddVerb(app, context, "export", "Write a stream as a standard file",
              StoreNeed::kRequired,
              [context, arguments] { return RunExport(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Name of the stream")
      ->type_name("STREAM")
      ->required();
  AddRangeOptions(verb, &arguments->range);
  verb->add_flag("--original", arguments->original,
                 "The source's own bytes (streams ingested with --copy)");
  verb->add_option("-o,--output", arguments->output,
                   ".mp4, .mov, .mkv or .h264 of cameras, .csv of imu and "
                   "series; .mcap of a camera with its boxes and what was "
                   "recorded beside it")
      ->type_name("FILE")
      ->required();
}

}  // namespace fovea::cli
