// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea plot KIND: pictures of maps, sensitivities and bench reports.

#include "api/plot.h"

#include <memory>
#include <string>

#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct HeatArguments {
  HeatPlotOptions plot;
  std::string output;
};

struct CurveArguments {
  RatePlotOptions plot;
  std::string report;
  std::string table;
  std::string output;
};

int Report(const Context& context, const std::string& kind,
           const std::string& input, const std::string& output) {
  if (context.json) {
    Json document = Document("plot");
    document["kind"] = kind;
    document["input"] = input;
    document["output"] = output;
    WriteJson(document);
  } else {
    FactList facts;
    facts.Add("wrote", output);
    WriteResult(facts.Render());
  }
  return kExitOk;
}

absl::StatusOr<int> RunHeat(const Context& context,
                            const HeatArguments& arguments) {
  const absl::Status drawn = PlotHeatMap(arguments.plot, arguments.output);
  if (!drawn.ok()) return drawn;
  return Report(context, "heatmap", arguments.plot.path, arguments.output);
}

absl::StatusOr<int> RunCurves(const Context& context,
                              const CurveArguments& arguments) {
  const absl::Status drawn = PlotRateAccuracy(arguments.report, arguments.table,
                                              arguments.plot, arguments.output);
  if (!drawn.ok()) return drawn;
  return Report(context, "rate-accuracy", arguments.report, arguments.output);
}

void AddHeatMap(CLI::App* plot, Context* context) {
  auto arguments = std::make_shared<HeatArguments>();
  CLI::App* verb = AddVerb(
      plot, context, "heatmap",
      "Draw a frame's sensitivities or QP offsets (PNG)", StoreNeed::kOptional,
      [context, arguments] { return RunHeat(*context, *arguments); });
  verb->add_option("file", arguments->plot.path, "Sensitivity file or map file")
      ->type_name("FILE")
      ->required();
  verb->add_option("--frame", arguments->plot.frame, "Presentation index")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--video", arguments->plot.video,
                   "The recording: its frame is drawn on the left")
      ->type_name("IN");
  verb->add_option("-o,--output", arguments->output, "PNG file")
      ->type_name("OUT")
      ->required();
}

void AddRateAccuracy(CLI::App* plot, Context* context) {
  auto arguments = std::make_shared<CurveArguments>();
  CLI::App* verb = AddVerb(
      plot, context, "rate-accuracy",
      "Draw what the accuracy bench measured (SVG)", StoreNeed::kOptional,
      [context, arguments] { return RunCurves(*context, *arguments); });
  verb->add_option("report", arguments->report,
                   "Of the bench's output folder: curves.json, or report.json "
                   "for the savings with their intervals")
      ->type_name("FILE")
      ->required();
  verb->add_option("-o,--output", arguments->output, "SVG file")
      ->type_name("OUT")
      ->required();
  verb->add_option("--measure", arguments->plot.measure,
                   "soft: score distance, the measure to steer by; f1")
      ->check(CLI::IsMember({"soft", "f1"}))
      ->type_name("NAME")
      ->capture_default_str();
  verb->add_option("--judge", arguments->plot.judge,
                   "Only this judge (default: one column each)")
      ->type_name("NAME");
  verb->add_option("--table", arguments->table,
                   "Which savings of report.json, such as plain-best")
      ->type_name("NAME");
  verb->add_option("--policy", arguments->plot.policies,
                   "Only these policies, in this order")
      ->type_name("NAME...");
}

}  // namespace

void AddPlot(CLI::App* app, Context* context) {
  CLI::App* plot =
      app->add_subcommand("plot", "Draw maps, sensitivities and bench reports");
  plot->require_subcommand(1);
  AddHeatMap(plot, context);
  AddRateAccuracy(plot, context);
}

}  // namespace fovea::cli
