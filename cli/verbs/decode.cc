// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea decode IN -o OUT: raw video or pictures of a recording; its sensors'
// samples as text or MCAP.

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/decode_file.h"
#include "api/series_file.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/series_file_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct DecodeArguments {
  DecodeFileOptions file;
  std::optional<int64_t> duration_ns;

  // Of sensors.
  std::string track;
  RangeArguments range;
};

Json DecodeJson(const DecodeFileOptions& options,
                const DecodeFileReport& report) {
  Json document = Document("decode");
  document["input"] = options.input;
  document["output"] = options.output;
  document["camera"] = CameraJson(report.camera);
  document["frames"] = report.frames;
  document["skipped"] = report.skipped;
  document["skipped_why"] = report.skipped_why;
  document["stopped"] = report.stopped;
  document["notes"] = report.notes;
  if (!report.source_error.ok()) {
    document["error"] = std::string(report.source_error.message());
  }
  return document;
}

std::string DecodeText(const DecodeFileOptions& options,
                       const DecodeFileReport& report) {
  FactList facts;
  facts.Add("wrote", options.output);
  facts.Add("frames",
            absl::StrCat(FormatCount(report.frames), " of ",
                         report.camera.width, "x", report.camera.height));
  if (report.skipped > 0) {
    facts.Add("skipped",
              Printable(absl::StrCat(FormatCount(report.skipped),
                                     " frames: ", report.skipped_why)));
  }
  for (const auto& note : report.notes) facts.Add("note", Printable(note));
  return facts.Render();
}

absl::StatusOr<int> RunDecodeSeries(const Context& context,
                                    const DecodeArguments& arguments) {
  DecodeSeriesOptions options;
  options.input = arguments.file.input;
  options.output = arguments.file.output;
  options.track = arguments.track;
  options.source = arguments.file.source;
  options.source.from_ns = arguments.range.range().from_ns;
  options.source.to_ns = arguments.range.range().to_ns;
  return TellSeriesFile(context, "decode", options.input, options.output,
                        [&](const SeriesProgress& progress) {
                          return DecodeSeriesFile(options, progress,
                                                  StopFlag());
                        });
}

absl::StatusOr<int> RunDecode(const Context& context,
                              const DecodeArguments& arguments) {
  const DecodeFileOptions& options = arguments.file;
  if (IsSeriesTextName(options.output)) {
    return RunDecodeSeries(context, arguments);
  }
  CatchInterrupts();
  FrameProgress progress("decode", context.no_progress, context.color);
  const auto report = DecodeFile(options, progress.callback(), StopFlag());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(DecodeJson(options, *report));
  } else {
    WriteResult(DecodeText(options, *report));
  }
  if (!report->source_error.ok()) {
    WriteMessage(ErrorLine(
        WithNextStep(report->source_error, "what came before it is decoded"),
        "decode"));
  }
  if (report->stopped) return 128 + CaughtSignal();
  return report->lossy() ? kExitLoss : kExitOk;
}

}  // namespace

void AddDecode(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<DecodeArguments>();
  CLI::App* verb = AddVerb(
      app, context, "decode",
      "Write a recording as raw video, pictures or samples as text",
      StoreNeed::kOptional,
      [context, arguments] { return RunDecode(*context, *arguments); },
      [arguments] {
        const bool cut = arguments->range.from || arguments->range.to;
        if (!IsSeriesTextName(arguments->file.output) &&
            (cut || !arguments->track.empty())) {
          throw CLI::ValidationError(
              cut ? "--from" : "--track",
              "is for sensors; they go to a .csv or .mcap");
        }
        if (arguments->duration_ns) {
          arguments->file.source.max_duration_ns = *arguments->duration_ns;
        }
      });
  verb->add_option("input", arguments->file.input,
                   "Video, .fser, or any file of sensors")
      ->type_name("IN")
      ->required();
  verb->add_option("-o,--output", arguments->file.output,
                   "NAME.y4m, or a folder for PNG files by frame index; of "
                   "sensors .csv (one track) or .mcap (all)")
      ->type_name("OUT")
      ->required();
  verb->add_option("--threads", arguments->file.source.threads,
                   "Of the decoder")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  verb->add_option("--track", arguments->track,
                   "Of sensors: this one alone, as 'fovea info' names it")
      ->type_name("TRACK");
  AddRangeOptions(verb, &arguments->range);
  AddDurationOption(verb, "--duration", &arguments->duration_ns,
                    "Stop after this much stream time");
}

}  // namespace fovea::cli
