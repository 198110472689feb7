// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether the bound that the auditor states holds, and how far it is from the
// truth: many runs over recorded and made streams, some of which go wrong on
// purpose, beside thresholds that were fixed on the first part of each.
//
//   bound_bench [--quick] [--json FILE] [--max-error E] [--inputs N]
//               [--seeds N] [--data DIR] [--traces DIR] [--models NAME,...]
//
// Markdown tables on standard output; progress on standard error. Fails when
// more than 5 % of the runs exceed the bound.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/bound/run.h"
#include "bench/bound/source.h"
#include "bench/recording.h"
#include "nlohmann/json.hpp"

namespace fovea::bench::bound {
namespace {

using Json = nlohmann::json;

constexpr double kConfidence = 0.95;
// Runs that gave fewer answers say nothing about slack.
constexpr double kLeastSaved = 0.05;

struct Settings {
  bool quick = false;
  double max_error = 0.05;
  size_t inputs = 50'000;
  int seeds = 10;
  std::string json;
  ClipPlace place;
};

struct Row {
  Trial trial;
  AuditedRun ours;
  FixedRun tuned, calibrated;
};

void Say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

double Percent(double part, double whole) {
  return whole == 0 ? 0 : 100 * part / whole;
}

// What a group, or all, came to; shares in per cent, slack in points.
struct Sum {
  int runs = 0, gave = 0;
  int violated_ever = 0, violated_end = 0, missed = 0, met = 0;
  double saved = 0, tax = 0, realised = 0, bound = 0;
  int tuned = 0, tuned_missed = 0, calibrated = 0, calibrated_missed = 0;
  double tuned_saved = 0;
};

bool Misses(const FixedRun& run, double target) {
  return run.runs && run.rest.realised() > target;
}

void Add(const Row& row, double target, Sum* sum) {
  const Standing& end = row.ours.standings.back();
  ++sum->runs;
  sum->saved += end.saved();
  sum->tax += end.tax;
  sum->violated_ever += row.ours.ever_violated;
  sum->violated_end += end.realised() > end.bound;
  sum->missed += end.realised() > target;
  if (end.saved() >= kLeastSaved) {
    ++sum->gave;
    sum->realised += end.realised();
    sum->bound += end.bound;
    sum->met += end.bound <= target;
  }
  sum->tuned += row.tuned.runs;
  sum->tuned_missed += Misses(row.tuned, target);
  sum->tuned_saved += row.tuned.rest.saved();
  sum->calibrated += row.calibrated.runs;
  sum->calibrated_missed += Misses(row.calibrated, target);
}

Json ToJson(const std::string& name, const Sum& sum) {
  return {{"group", name},
          {"runs", sum.runs},
          {"violations_at_any_input", sum.violated_ever},
          {"violations_at_the_end", sum.violated_end},
          {"saved_percent", Percent(sum.saved, sum.runs)},
          {"tax_percent", Percent(sum.tax, sum.runs)},
          {"runs_that_gave", sum.gave},
          {"realised_percent", Percent(sum.realised, sum.gave)},
          {"bound_percent", Percent(sum.bound, sum.gave)},
          {"slack_points", Percent(sum.bound - sum.realised, sum.gave)},
          {"bound_met_target", sum.met},
          {"over_target", sum.missed},
          {"tuned_runs", sum.tuned},
          {"tuned_over_target", sum.tuned_missed},
          {"tuned_saved_percent", Percent(sum.tuned_saved, sum.runs)},
          {"calibrated_runs", sum.calibrated},
          {"calibrated_over_target", sum.calibrated_missed}};
}

void PrintSum(const std::string& name, const Sum& sum) {
  std::printf(
      "| %s | %d | %d | %d | %.1f | %.1f | %d | %.2f | %.2f | %.2f | %d | %d | "
      "%d of %d | %.1f | %d of %d |\n",
      name.c_str(), sum.runs, sum.violated_ever, sum.violated_end,
      Percent(sum.saved, sum.runs), Percent(sum.tax, sum.runs), sum.gave,
      Percent(sum.realised, sum.gave), Percent(sum.bound, sum.gave),
      Percent(sum.bound - sum.realised, sum.gave), sum.met, sum.missed,
      sum.tuned_missed, sum.tuned, Percent(sum.tuned_saved, sum.runs),
      sum.calibrated_missed, sum.calibrated);
}

Json PrintGroups(const std::vector<Row>& rows, double target) {
  std::map<std::string, Sum> groups;
  Sum all;
  for (const Row& row : rows) {
    Add(row, target, &groups[row.trial.group]);
    Add(row, target, &all);
  }
  std::printf(
      "| group | runs | bound exceeded, ever | at the end | saved %% | tax %% "
      "| gave | realised %% | bound %% | slack, points | bound in target | "
      "errors over target | tuned: over target | tuned: saved %% | "
      "calibrated: over target |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  Json json = Json::array();
  for (const auto& [name, sum] : groups) {
    PrintSum(name, sum);
    json.push_back(ToJson(name, sum));
  }
  PrintSum("all", all);
  json.push_back(ToJson("all", all));
  return json;
}

// Slack against the length of the run.
Json PrintLengths(const std::vector<Row>& rows) {
  struct Point {
    int gave = 0;
    double slack = 0, tax = 0, saved = 0;
  };
  std::map<size_t, Point> points;
  for (const Row& row : rows) {
    for (const Standing& at : row.ours.standings) {
      if (at.saved() < kLeastSaved) continue;
      Point& point = points[at.inputs];
      ++point.gave;
      point.slack += at.bound - at.realised();
      point.tax += at.tax;
      point.saved += at.saved();
    }
  }
  std::printf(
      "\n| inputs | runs that gave | slack, points | tax %% | saved %% "
      "|\n|---|---|---|---|---|\n");
  Json json = Json::array();
  for (const auto& [inputs, point] : points) {
    std::printf("| %zu | %d | %.2f | %.2f | %.1f |\n", inputs, point.gave,
                Percent(point.slack, point.gave),
                Percent(point.tax, point.gave),
                Percent(point.saved, point.gave));
    json.push_back({{"inputs", inputs},
                    {"runs_that_gave", point.gave},
                    {"slack_points", Percent(point.slack, point.gave)},
                    {"tax_percent", Percent(point.tax, point.gave)},
                    {"saved_percent", Percent(point.saved, point.gave)}});
  }
  return json;
}

std::vector<size_t> Lengths(size_t inputs) {
  std::vector<size_t> lengths;
  for (const size_t length :
       {1000U, 2000U, 5000U, 10'000U, 20'000U, 50'000U, 100'000U}) {
    if (length < inputs) lengths.push_back(length);
  }
  return lengths;
}

std::vector<Row> RunAll(const std::vector<Trial>& trials,
                        const Settings& settings) {
  std::vector<Row> rows;
  for (const Trial& trial : trials) {
    const auto source = trial.open();
    AuditOptions options;
    options.max_error = settings.max_error;
    options.confidence = kConfidence;
    options.seed = 1000 + rows.size();
    rows.push_back({trial,
                    RunAudited(*source, options, Lengths(source->size())),
                    RunFixed(*source, settings.max_error, kConfidence, false),
                    RunFixed(*source, settings.max_error, kConfidence, true)});
    if (rows.size() % 50 == 0) Say(std::to_string(rows.size()) + " runs");
  }
  return rows;
}

int Main(int argc, char** argv) {
  Settings settings;
  settings.place.data = ChooseRecordings({}, {""}).front();
  settings.place.traces = FOVEA_TRACES;
  settings.place.models = {"fastestdet", "yolox"};
  CLI::App app("Bounds of the auditor against the truth", "bound_bench");
  app.add_flag("--quick", settings.quick, "made streams alone, short");
  app.add_option("--json", settings.json, "the tables as a file");
  app.add_option("--max-error", settings.max_error, "target")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--inputs", settings.inputs, "of a run")
      ->check(CLI::Range(100, 10'000'000));
  app.add_option("--seeds", settings.seeds, "of each stream")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--data", settings.place.data, "folder of clips and models");
  app.add_option("--traces", settings.place.traces, "folder of traces");
  app.add_option("--models", settings.place.models, "cards")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  if (settings.quick) settings.inputs = std::min(settings.inputs, size_t{5000});
  auto trials = GeneratedTrials(settings.inputs, settings.seeds);
  if (!settings.quick) {
    for (Trial& trial : RecordedTrials(settings.place, settings.inputs,
                                       std::max(1, settings.seeds / 2), Say)) {
      trials.push_back(std::move(trial));
    }
  }
  const std::vector<Row> rows = RunAll(trials, settings);
  Json json = {{"max_error", settings.max_error},
               {"confidence", kConfidence},
               {"inputs", settings.inputs}};
  json["groups"] = PrintGroups(rows, settings.max_error);
  json["lengths"] = PrintLengths(rows);
  if (!settings.json.empty()) {
    std::ofstream file(settings.json);
    if (!(file << json.dump(2) << "\n")) {
      Say(settings.json + " cannot be written");
      return 1;
    }
  }
  int violated = 0;
  for (const Row& row : rows) violated += row.ours.ever_violated;
  return violated * 20 > static_cast<int>(rows.size()) ? 1 : 0;
}

}  // namespace
}  // namespace fovea::bench::bound

int main(int argc, char** argv) {
  return fovea::bench::bound::Main(argc, argv);
}
