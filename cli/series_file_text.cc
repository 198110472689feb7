// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/series_file_text.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "cli/error_text.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/series_account_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

Json TrackJson(const SeriesTrackReport& track) {
  Json json = {{"suffix", track.track.suffix},
               {"kind", StreamKindName(track.track.kind)},
               {"series", SeriesJson(track.track.series)},
               {"samples", track.samples},
               {"rejected", track.rejected},
               {"gaps", track.gaps}};
  if (track.rejected > 0) json["rejected_why"] = track.rejected_why;
  if (track.blocks > 0) {
    json["blocks"] = track.blocks;
    json["bytes"] = track.bytes;
    json["coded_windows"] = CodedWindowsJson(track.coded);
  }
  return json;
}

Json ReportJson(const std::string& verb, const std::string& input,
                const std::string& output, const SeriesFileReport& report) {
  Json document = Document(verb);
  document["input"] = input;
  document["output"] = output;
  document["tracks"] = Json::array();
  for (const SeriesTrackReport& track : report.tracks) {
    document["tracks"].push_back(TrackJson(track));
  }
  document["file_bytes"] = report.file_bytes;
  document["stopped"] = report.stopped;
  document["notes"] = report.notes;
  if (!report.source_error.ok()) {
    document["error"] = std::string(report.source_error.message());
  }
  return document;
}

std::string PerRow(const SeriesTrackReport& track) {
  if (track.samples == 0) return "";
  char text[32];
  std::snprintf(
      text, sizeof(text), "%.2f",
      static_cast<double>(track.bytes) / static_cast<double>(track.samples));
  return text;
}

std::string ReportText(const std::string& output,
                       const SeriesFileReport& report, bool color) {
  FactList facts;
  facts.Add("wrote",
            absl::StrCat(output, ", ", FormatBytes(report.file_bytes)));
  Table table({{"TRACK"},
               {"WHAT"},
               {"SAMPLES", Align::kRight},
               {"BYTES", Align::kRight},
               {"BYTES/SAMPLE", Align::kRight}});
  std::string notes;
  for (const SeriesTrackReport& track : report.tracks) {
    const std::string name =
        track.track.suffix.empty() ? "(main)" : track.track.suffix;
    const bool coded = track.blocks > 0;
    table.Add({name, TrackWhat(track.track), FormatCount(track.samples),
               coded ? FormatBytes(track.bytes) : "",
               coded ? PerRow(track) : ""});
    if (track.coded.windows > 0) {
      facts.Add("for a model",
                absl::StrCat(name, ": ", CodedWindowsText(track.coded)));
    }
    if (track.rejected > 0) {
      notes += Printable(absl::StrCat("rejected: ", FormatCount(track.rejected),
                                      " samples of ", name, ": ",
                                      track.rejected_why)) +
               "\n";
    }
    if (track.gaps > 0) {
      notes +=
          absl::StrCat("gaps: ", FormatCount(track.gaps), " in ", name, "\n");
    }
  }
  for (const std::string& note : report.notes) {
    notes += "note: " + Printable(note) + "\n";
  }
  return facts.Render() + "\n" + table.Render(color) + notes;
}

}  // namespace

absl::StatusOr<int> TellSeriesFile(
    const Context& context, const std::string& verb, const std::string& input,
    const std::string& output,
    const std::function<absl::StatusOr<SeriesFileReport>(
        const SeriesProgress& progress)>& job) {
  CatchInterrupts();
  FrameProgress progress(verb, context.no_progress, context.color, "samples");
  const auto report = job(progress.callback());
  progress.Clear();
  if (!report.ok()) return report.status();
  if (context.json) {
    WriteJson(ReportJson(verb, input, output, *report));
  } else {
    WriteResult(
        ReportText(output, *report, DescribeTerminal(1, context.color).color));
  }
  if (!report->source_error.ok()) {
    WriteMessage(ErrorLine(
        WithNextStep(report->source_error, "what came before it is written"),
        verb));
  }
  if (report->stopped) return 128 + CaughtSignal();
  return report->lossy() ? kExitLoss : kExitOk;
}

}  // namespace fovea::cli
